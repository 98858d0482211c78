//! The time line: names on the left, one canvas for all tracks, and the moment shown as a slider.

mod axis;
mod paint;
mod palette;
mod parts;

use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::utils::window;
use podarium::session::Action;
use podarium::session::view::timeline::Timeline;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, ResizeObserver};
use yew::prelude::*;

use super::dispatch::Dispatch;
use axis::Axis;
use palette::Palette;
use parts::{Name, Now};

/// The tracks.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub timeline: Rc<Timeline>,
    /// Whether the dark theme is on; a change means new colours.
    pub dark: bool,
}

/// The tracks.
pub struct Tracks {
    root: NodeRef,
    canvas: NodeRef,
    palette: Option<Palette>,
    /// Width and height of the canvas, in CSS pixels.
    size: (f64, f64),
    /// How far the tracks are scrolled, in CSS pixels.
    scroll: f64,
    dispatch: Option<Dispatch>,
    /// Tells of every change of the size of the canvas, whatever its cause.
    resize: Option<ResizeObserver>,
    on_resize: Closure<dyn Fn()>,
    /// How many names are on the page: a hundred new ones at once would hold up a frame.
    named: usize,
    /// The frame in which the next names come.
    next: Option<AnimationFrame>,
}

/// What happens inside.
pub enum Message {
    /// Scrolled or resized: measure and paint again.
    Measure,
    /// The pointer asks for a moment, by its x in CSS pixels of the page.
    Seek(f64),
    /// More names can come.
    Name,
}

/// So many names come in one frame.
const MOST_NAMES: usize = 12;

impl Component for Tracks {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let on_resize = Closure::new(move || link.send_message(Message::Measure));
        let dispatch = ctx
            .link()
            .context::<Dispatch>(Callback::noop())
            .map(|(dispatch, _)| dispatch);
        Self {
            root: NodeRef::default(),
            canvas: NodeRef::default(),
            palette: None,
            size: (0.0, 0.0),
            scroll: 0.0,
            dispatch,
            resize: None,
            on_resize,
            named: MOST_NAMES,
            next: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Measure => {
                self.measure();
                self.paint(&ctx.props().timeline);
            }
            Message::Name => {
                self.named += MOST_NAMES;
                return true;
            }
            Message::Seek(x) => {
                if let (Some(dispatch), Some(axis)) =
                    (&self.dispatch, self.axis(&ctx.props().timeline))
                {
                    dispatch.act.emit(Action::Seek(axis.moment(x)));
                }
            }
        }
        false
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let tracks = ctx.props().timeline.tracks.len();
        self.named = self.named.min(tracks.max(MOST_NAMES));
        if ctx.props().dark != old.dark {
            self.palette = None;
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Some(canvas) = self.canvas.cast::<Element>() {
            // Every browser that runs the rest has this observer.
            self.resize = ResizeObserver::new(self.on_resize.as_ref().unchecked_ref()).ok();
            self.resize
                .iter()
                .for_each(|observer| observer.observe(&canvas));
            self.measure();
        }
        let timeline = &ctx.props().timeline;
        self.next = (self.named < timeline.tracks.len()).then(|| {
            let link = ctx.link().clone();
            request_animation_frame(move |_| link.send_message(Message::Name))
        });
        self.paint(timeline);
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let timeline = &ctx.props().timeline;
        let selected = timeline.selected.as_ref().map(|key| &key.uid);
        let seek = ctx.link().batch_callback(|event: PointerEvent| {
            (event.buttons() & 1 == 1).then(|| Message::Seek(f64::from(event.client_x())))
        });
        let onpointerdown = {
            let (seek, canvas) = (seek.clone(), self.canvas.clone());
            move |event: PointerEvent| {
                if let Some(canvas) = canvas.cast::<Element>() {
                    // Without capture the drag ends at the edge; nothing else is lost.
                    let _captured = canvas.set_pointer_capture(event.pointer_id());
                }
                seek.emit(event);
            }
        };
        html! {
            <div class="tracks" id="tracks" ref={self.root.clone()} style={format!("--tracks:{}", timeline.tracks.len().max(1))}
                onscroll={ctx.link().callback(|_| Message::Measure)}>
                <div class="tracks__names">
                    <p class="tracks__corner">{ count(timeline.tracks.len()) }</p>
                    <ul aria-label="Time line, one track per pod">
                        { for timeline.tracks.iter().take(self.named).map(|track| html! {
                            <Name key={&*track.key.uid} track={track.clone()} selected={selected == Some(&track.key.uid)} />
                        }) }
                    </ul>
                </div>
                <div class="tracks__axis" {onpointerdown} onpointermove={seek}>
                    <canvas ref={self.canvas.clone()} aria-hidden="true"></canvas>
                    <Now now={timeline.now} head={timeline.head} from={timeline.from} to={timeline.to} />
                </div>
            </div>
        }
    }
}

impl Drop for Tracks {
    fn drop(&mut self) {
        self.resize.iter().for_each(ResizeObserver::disconnect);
    }
}

impl Tracks {
    /// How time lies on the canvas, if it is on the page.
    fn axis(&self, timeline: &Timeline) -> Option<Axis> {
        let rect = self.canvas.cast::<Element>()?.get_bounding_client_rect();
        Some(Axis {
            left: rect.left(),
            width: rect.width(),
            from: timeline.from,
            to: timeline.to,
        })
    }

    /// Learns how large the canvas is and how far it is scrolled. Asked for in each frame, it would have the page
    /// laid out in the middle of it.
    fn measure(&mut self) {
        if let (Some(root), Some(canvas)) =
            (self.root.cast::<Element>(), self.canvas.cast::<Element>())
        {
            self.size = (
                f64::from(canvas.client_width()),
                f64::from(canvas.client_height()),
            );
            self.scroll = f64::from(root.scroll_top());
        }
    }

    fn paint(&mut self, timeline: &Timeline) {
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else {
            return;
        };
        let (width, height) = self.size;
        if width < 1.0 || height < 1.0 {
            return;
        }
        let ratio = window().device_pixel_ratio();
        let pixels = (
            (width * ratio).round() as u32,
            (height * ratio).round() as u32,
        );
        if (canvas.width(), canvas.height()) != pixels {
            canvas.set_width(pixels.0);
            canvas.set_height(pixels.1);
        }
        // A canvas of our own always gives a 2d context.
        let Some(context) = canvas
            .get_context("2d")
            .ok()
            .flatten()
            .and_then(|any| any.dyn_into::<CanvasRenderingContext2d>().ok())
        else {
            return;
        };
        let palette = self.palette.get_or_insert_with(|| Palette::read(&context));
        // Scaling by a finite ratio cannot fail.
        let _scaled = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        let axis = Axis {
            left: 0.0,
            width,
            from: timeline.from,
            to: timeline.to,
        };
        paint::paint(&context, palette, &axis, height, self.scroll, timeline);
    }
}

fn count(tracks: usize) -> String {
    match tracks {
        0 => "no pods".to_owned(),
        1 => "1 pod".to_owned(),
        tracks => format!("{tracks} pods"),
    }
}
