//! The shapes of glyphs: what one state looks like in a square of 6 to 16 pixels. Shape first, so that grey will do.

use gloo::utils::{document, window};
use podarium::session::view::State;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, Path2d};
use yew::prelude::*;

use crate::web::theme::token;

/// By state, in the order of [`State`]: the path in a square of 24, whether it is filled, and the colour.
const SHAPES: [(&str, bool, &str); 10] = [
    // Pending: a dot. Creating: a bar, half full. Ready: the whole square.
    ("M12 8a4 4 0 1 0 .1 0z", true, "--st-pending"),
    ("M1 8h22v9H1z", true, "--st-creating"),
    ("M1 1h22v22H1z", true, "--st-ready-fill"),
    // Not ready: an empty square with a bar. Back-off: an open triangle. Failing: a full one.
    ("M3 3h18v18H3zM3 12h18", false, "--st-notready"),
    ("M12 4 21.5 21H2.5z", false, "--st-failing"),
    ("M12 1 24 23H0z", true, "--st-failing"),
    // Terminating: a diamond. Completed: a tick. Failed: an hourglass. Unknown: a cross.
    ("M12 1 23 12 12 23 1 12z", true, "--st-terminating"),
    ("M3 13 9 20 21 5", false, "--st-done"),
    ("M2 2h20L2 22h20z", true, "--st-done"),
    ("M4 4 20 20M20 4 4 20", false, "--st-unknown"),
];

/// How strong the glyphs are that a filter leaves out.
const FAINT: f64 = 0.16;

/// A glyph for a legend, in the colour of its state.
pub fn shape(state: State) -> Html {
    let (path, filled, _) = SHAPES[state as usize];
    let ink = |yes: bool| if yes { "currentColor" } else { "none" };
    html! {
        <svg class="g" viewBox="0 0 24 24" aria-hidden="true"><path d={path} fill={ink(filled)} stroke={ink(!filled)} stroke-width="3.5" /></svg>
    }
}

/// All glyphs in one picture, one column per state: strong ones, and under them faint ones.
pub struct Sprites {
    picture: HtmlCanvasElement,
    /// The side of a glyph, in pixels of the screen.
    side: u32,
}

impl Sprites {
    /// Draws them in the colours that hold now; `None` where there is no canvas.
    pub fn new(side: u32) -> Option<Self> {
        let picture = document().create_element("canvas").ok()?;
        let picture = picture.dyn_into::<HtmlCanvasElement>().ok()?;
        picture.set_width(side * SHAPES.len() as u32);
        picture.set_height(side * 2);
        let context = context(&picture)?;
        // A glyph leaves a gap to its neighbour.
        let gap = f64::from((side / 8).max(1));
        let scale = (f64::from(side) - gap) / 24.0;
        for (index, (path, filled, colour)) in SHAPES.iter().enumerate() {
            let path = Path2d::new_with_path_string(path).ok()?;
            let colour = token(colour);
            context.set_fill_style_str(&colour);
            context.set_stroke_style_str(&colour);
            context.set_line_width((1.2 / scale).max(3.0));
            for (row, alpha) in [(0, 1.0), (1, FAINT)] {
                let (x, y) = (side * index as u32, side * row);
                // Only numbers that are not finite could fail.
                let _placed =
                    context.set_transform(scale, 0.0, 0.0, scale, f64::from(x), f64::from(y));
                context.set_global_alpha(alpha);
                if *filled {
                    context.fill_with_path_2d(&path);
                } else {
                    context.stroke_with_path(&path);
                }
            }
        }
        Some(Self { picture, side })
    }

    /// Draws one glyph with its corner at `x`, `y`, in pixels of the screen.
    pub fn draw(&self, on: &CanvasRenderingContext2d, state: State, faint: bool, x: f64, y: f64) {
        let side = f64::from(self.side);
        let (from_x, from_y) = (
            side * f64::from(state as u8),
            if faint { side } else { 0.0 },
        );
        // The picture is whole, so this cannot fail.
        let _drawn = on
            .draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                &self.picture,
                from_x,
                from_y,
                side,
                side,
                x,
                y,
                side,
                side,
            );
    }
}

/// The 2d context of a canvas of our own.
pub fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Pixels of the screen to one of the page.
pub fn ratio() -> f64 {
    window().device_pixel_ratio().max(0.5)
}
