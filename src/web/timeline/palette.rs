//! The colours and patterns of the tracks, read from the tokens so that they follow the theme.

use gloo::utils::{document, document_element, window};
use podarium::session::view::State;
use wasm_bindgen::JsCast;
use web_sys::{CanvasPattern, CanvasRenderingContext2d, CssStyleDeclaration, HtmlCanvasElement};

/// How bars of one state look.
pub struct Fill {
    /// The outline.
    pub edge: String,
    /// The ground.
    pub ground: String,
    /// What is drawn over the ground, if anything.
    pub pattern: Option<CanvasPattern>,
}

/// All colours of the time line.
pub struct Palette {
    fills: [(State, Fill); 10],
    /// Strong ink.
    pub ink: String,
    /// Weaker ink.
    pub ink_2: String,
    /// Weakest ink.
    pub ink_3: String,
    /// Ticks.
    pub line: String,
    /// Hatching.
    pub hairline: String,
    /// Every second row.
    pub zebra: String,
    /// Under the bars.
    pub ground: String,
    /// A probe that passed.
    pub passed: String,
    /// A probe that failed.
    pub failed: String,
    /// The font of the ruler.
    pub mono: String,
    /// The font of words.
    pub ui: String,
}

impl Palette {
    /// Reads the tokens as they now hold.
    pub fn read(context: &CanvasRenderingContext2d) -> Self {
        let style = window()
            .get_computed_style(&document_element())
            .ok()
            .flatten();
        let token = |name: &str| token(style.as_ref(), name);
        let fill = |state: State| {
            // A back-off is drawn in the colours of failing, on its soft ground.
            let (name, ground) = match state {
                State::Waiting => ("failing", "soft"),
                State::Failed => ("done", "soft"),
                State::Pending | State::Unknown => (state.as_str(), "soft"),
                _ => (state.as_str(), "fill"),
            };
            let mark = token(&format!("--st-{name}-mark"));
            let fill = Fill {
                edge: token(&format!("--st-{name}")),
                ground: token(&format!("--st-{name}-{ground}")),
                pattern: tile(state, &mark).and_then(|tile| repeat(context, &tile)),
            };
            (state, fill)
        };
        let states = [
            State::Pending,
            State::Creating,
            State::Ready,
            State::NotReady,
            State::Waiting,
            State::Failing,
            State::Terminating,
            State::Done,
            State::Failed,
            State::Unknown,
        ];
        Self {
            fills: states.map(fill),
            ink: token("--ink"),
            ink_2: token("--ink-2"),
            ink_3: token("--ink-3"),
            line: token("--line-strong"),
            hairline: token("--line-c"),
            zebra: token("--sunk"),
            ground: token("--raised"),
            passed: token("--st-ready"),
            failed: token("--st-failing"),
            mono: token("--font-mono"),
            ui: token("--font-ui"),
        }
    }

    /// How bars of this state look.
    pub fn fill(&self, state: State) -> Option<&Fill> {
        self.fills
            .iter()
            .find(|(found, _)| *found == state)
            .map(|(_, fill)| fill)
    }
}

fn token(style: Option<&CssStyleDeclaration>, name: &str) -> String {
    style
        .and_then(|style| style.get_property_value(name).ok())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn repeat(context: &CanvasRenderingContext2d, tile: &HtmlCanvasElement) -> Option<CanvasPattern> {
    context
        .create_pattern_with_html_canvas_element(tile, "repeat")
        .ok()
        .flatten()
}

/// One tile of a state's pattern: the same shapes as on cells.
fn tile(state: State, mark: &str) -> Option<HtmlCanvasElement> {
    let (width, height) = match state {
        State::NotReady => (4, 3),
        State::Waiting => (5, 4),
        State::Failing | State::Failed | State::Unknown => (4, 4),
        State::Pending => (5, 5),
        State::Creating | State::Terminating => (6, 6),
        State::Ready | State::Done => return None,
    };
    let canvas = document()
        .create_element("canvas")
        .ok()?
        .dyn_into::<HtmlCanvasElement>()
        .ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas
        .get_context("2d")
        .ok()??
        .dyn_into::<CanvasRenderingContext2d>()
        .ok()?;
    context.set_fill_style_str(mark);
    context.set_stroke_style_str(mark);
    let (width, height) = (f64::from(width), f64::from(height));
    match state {
        State::NotReady => context.fill_rect(0.0, 0.0, width, 1.0),
        State::Waiting => context.fill_rect(0.0, 0.0, 1.0, height),
        State::Pending | State::Unknown => context.fill_rect(1.0, 1.0, 1.5, 1.5),
        State::Failing | State::Failed => {
            line(&context, (0.0, 0.0), (width, height));
            line(&context, (width, 0.0), (0.0, height));
        }
        State::Creating => stripes(&context, width, 1.0),
        State::Terminating => stripes(&context, width, -1.0),
        State::Ready | State::Done => {}
    }
    Some(canvas)
}

/// Slanted stripes that meet at the edges of the tile.
fn stripes(context: &CanvasRenderingContext2d, size: f64, slant: f64) {
    context.set_line_width(1.6);
    for shift in [-size, 0.0, size] {
        let (start, end) = if slant > 0.0 {
            (size, 0.0)
        } else {
            (0.0, size)
        };
        line(context, (shift, start), (shift + size, end));
    }
}

/// A straight line.
pub fn line(context: &CanvasRenderingContext2d, from: (f64, f64), to: (f64, f64)) {
    context.begin_path();
    context.move_to(from.0, from.1);
    context.line_to(to.0, to.1);
    context.stroke();
}

/// Fills with a pattern, if there is one.
pub fn use_pattern(context: &CanvasRenderingContext2d, pattern: &CanvasPattern) {
    context.set_fill_style_canvas_pattern(pattern);
}
