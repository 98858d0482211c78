//! Where glyphs stand: groups one under the other, or as tiles side by side.

use std::rc::Rc;

use podarium::session::view::crowd::{Glyph, Group};

/// How groups stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One group over the whole width.
    #[default]
    Block,
    /// Tiles of ten columns, each under its title; a group without a title over the whole width before them.
    Tiles,
}

/// The glyphs of a tile in one row.
const TILE_COLUMNS: usize = 10;
/// The height of a title, and the room between tiles, in pixels of the page.
const TITLE: f64 = 14.0;
const GAP: f64 = 14.0;

/// The places of all glyphs, in pixels of the page.
#[derive(Debug, Default)]
pub struct Plan {
    /// By group: where its first glyph stands, and how many stand in a row.
    spots: Vec<(f64, f64, usize)>,
    /// From glyph to glyph.
    pub pitch: f64,
    /// Of everything.
    pub height: f64,
    shape: Shape,
    /// The rows of the tiles and of the group before them: they grow and do not shrink, so that tiles stand still
    /// while pods come and go.
    rows: [usize; 2],
    tiles: usize,
}

impl Plan {
    /// Places the groups anew. Returns whether any stands elsewhere now.
    pub fn arrange(&mut self, groups: &[Rc<Group>], shape: Shape, width: f64, pitch: f64) -> bool {
        let columns = ((width / pitch) as usize).max(1);
        let (mut spots, height) = match shape {
            Shape::Block => {
                let count = groups.iter().map(|group| group.glyphs.len()).max();
                let rows = count.unwrap_or(0).div_ceil(columns).max(1);
                (vec![(0.0, 0.0, columns); groups.len()], rows as f64 * pitch)
            }
            Shape::Tiles => self.tiles(groups, width, pitch, columns),
        };
        std::mem::swap(&mut spots, &mut self.spots);
        let stays = spots == self.spots && pitch == self.pitch && shape == self.shape;
        (self.pitch, self.height, self.shape) = (pitch, height, shape);
        !stays
    }

    /// The left upper corner of a glyph.
    pub fn corner(&self, group: usize, index: usize) -> (f64, f64) {
        let (x, y, columns) = self.spots.get(group).copied().unwrap_or((0.0, 0.0, 1));
        let (column, row) = (index % columns, index / columns);
        (x + column as f64 * self.pitch, y + row as f64 * self.pitch)
    }

    /// The glyph at a place.
    pub fn find<'a>(&self, groups: &'a [Rc<Group>], x: f64, y: f64) -> Option<&'a Glyph> {
        groups.iter().zip(&self.spots).find_map(|(group, spot)| {
            let (column, row) = ((x - spot.0) / self.pitch, (y - spot.1) / self.pitch);
            if column < 0.0 || row < 0.0 || column as usize >= spot.2 {
                return None;
            }
            group.glyphs.get(row as usize * spot.2 + column as usize)
        })
    }

    /// The room for the title of a group: left, top, width, height.
    pub fn title(&self, group: usize) -> Option<(f64, f64, f64, f64)> {
        let (x, y, columns) = self.spots.get(group).copied()?;
        let width = columns as f64 * self.pitch;
        (self.shape == Shape::Tiles).then_some((x, y - TITLE, width, TITLE - 2.0))
    }

    fn tiles(
        &mut self,
        groups: &[Rc<Group>],
        width: f64,
        pitch: f64,
        columns: usize,
    ) -> (Vec<(f64, f64, usize)>, f64) {
        let is_wide = |group: &Group| group.title.is_empty();
        let tiles = groups.iter().filter(|group| !is_wide(group)).count();
        if tiles == groups.len() {
            self.rows[0] = 0;
        }
        if tiles != self.tiles {
            (self.tiles, self.rows[1]) = (tiles, 0);
        }
        for group in groups {
            let wide = usize::from(!is_wide(group));
            let rows = group.glyphs.len().div_ceil([columns, TILE_COLUMNS][wide]);
            self.rows[wide] = self.rows[wide].max(rows).max(1);
        }
        let tile = TILE_COLUMNS as f64 * pitch + GAP;
        let in_row = (((width + GAP) / tile) as usize).max(1);
        let step = TITLE + self.rows[1] as f64 * pitch + GAP / 2.0;
        let (mut top, mut index) = (TITLE, 0);
        let mut spots = Vec::new();
        for group in groups {
            if is_wide(group) {
                spots.push((0.0, top, columns));
                top += TITLE + self.rows[0] as f64 * pitch + GAP / 2.0;
                continue;
            }
            let (column, row) = (index % in_row, index / in_row);
            spots.push((column as f64 * tile, top + row as f64 * step, TILE_COLUMNS));
            index += 1;
        }
        let height = top - TITLE + index.div_ceil(in_row) as f64 * step;
        (spots, height)
    }
}
