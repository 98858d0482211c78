//! The time line: names on the left, one canvas for all tracks, and the moment shown as a slider.

mod axis;
mod paint;
mod palette;
mod parts;

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::utils::window;
use podarium::kernel::SimTime;
use podarium::session::Action;
use podarium::session::view::grouped;
use podarium::session::view::timeline::Timeline;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, ResizeObserver, WheelEvent};
use yew::prelude::*;

use super::dispatch::Dispatch;
use axis::Axis;
use palette::Palette;
use parts::{Name, Now, PinMark};

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
    /// The stretch of time that is looked at more closely.
    zoom: Option<(SimTime, SimTime)>,
    _wheel: Option<EventListener>,
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
    /// Nearer or farther: by this factor, about the moment at this x, or about the moment shown.
    Zoom(f64, Option<f64>),
    /// Earlier or later, by this share of what is in sight.
    Pan(f64),
    /// All of it again.
    Whole,
}

/// So many names come in one frame.
const MOST_NAMES: usize = 12;

impl Component for Tracks {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let on_resize = Closure::new(move || link.send_message(Message::Measure));
        Self {
            root: NodeRef::default(),
            canvas: NodeRef::default(),
            palette: None,
            size: (0.0, 0.0),
            scroll: 0.0,
            zoom: None,
            _wheel: None,
            dispatch: Dispatch::of(ctx),
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
                return false;
            }
            Message::Zoom(factor, x) => {
                let timeline = &ctx.props().timeline;
                if let Some(axis) = self.axis(timeline) {
                    let about = x.map_or(timeline.now, |x| axis.moment(x));
                    self.zoom = axis.zoomed(factor, about).within(timeline);
                }
                return true;
            }
            Message::Pan(share) => {
                let timeline = &ctx.props().timeline;
                if let Some(axis) = self.axis(timeline).filter(|_| self.zoom.is_some()) {
                    self.zoom = axis.panned(share).within(timeline);
                }
                return true;
            }
            Message::Whole => {
                self.zoom = None;
                return true;
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
        // Time that runs out of sight takes the view along.
        let (now, before) = (ctx.props().timeline.now, old.timeline.now);
        if let Some((from, to)) = self.zoom
            && now > to
            && (from..=to).contains(&before)
        {
            let span = to.since(from);
            self.zoom = Some((now - span / 4, now - span / 4 + span));
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        // The axis, not the canvas: the wheel turns over what stands on it, too.
        let canvas = self.canvas.cast::<Element>();
        if first && let Some(axis) = canvas.and_then(|canvas| canvas.parent_element()) {
            // Every browser that runs the rest has this observer.
            self.resize = ResizeObserver::new(self.on_resize.as_ref().unchecked_ref()).ok();
            self.resize
                .iter()
                .for_each(|observer| observer.observe(&axis));
            self.measure();
            self._wheel = Some(listen_to_wheel(ctx, &axis));
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
        let onkeydown = ctx.link().batch_callback(|event: KeyboardEvent| {
            Some(match event.key().as_str() {
                "+" | "=" => Message::Zoom(0.5, None),
                "-" => Message::Zoom(2.0, None),
                "0" => Message::Whole,
                _ => return None,
            })
        });
        let (from, to) = self.range(timeline);
        let send = |message: fn() -> Message| ctx.link().callback(move |_: MouseEvent| message());
        let rows = [timeline.total.max(1), timeline.first];
        html! {
            <div class="tracks" id="tracks" ref={self.root.clone()} style={format!("--tracks:{};--first:{}", rows[0], rows[1])}
                onscroll={ctx.link().callback(|_| Message::Measure)}>
                <div class="tracks__names">
                    <div class="tracks__corner">
                        <p>{ count(timeline.pods) }</p>
                        <button type="button" aria-label="Farther" title="Farther (-)" disabled={self.zoom.is_none()} onclick={send(|| Message::Zoom(2.0, None))}>{ "−" }</button>
                        <button type="button" aria-label="Nearer" title="Nearer (+, or Ctrl and the wheel)" onclick={send(|| Message::Zoom(0.5, None))}>{ "+" }</button>
                        <button type="button" aria-label="All of it" title="All of it (0)" disabled={self.zoom.is_none()} onclick={send(|| Message::Whole)}>{ "0" }</button>
                    </div>
                    <ul aria-label="Time line, one track per pod">
                        { for timeline.tracks.iter().take(self.named).map(|track| html! {
                            <Name key={&*track.key.uid} track={track.clone()} selected={selected == Some(&track.key.uid)} />
                        }) }
                    </ul>
                </div>
                <div class="tracks__axis" {onpointerdown} onpointermove={seek} {onkeydown}>
                    <canvas key="tracks" ref={self.canvas.clone()} aria-hidden="true"></canvas>
                    { for timeline.pins.iter().filter(|pin| (from..=to).contains(&pin.at)).map(|pin| html! {
                        <PinMark key={pin.input} pin={pin.clone()} {from} {to} head={timeline.head} />
                    }) }
                    <Now key="now" now={timeline.now} head={timeline.head} {from} {to} />
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
        let (from, to) = self.range(timeline);
        Some(Axis {
            left: rect.left(),
            width: rect.width(),
            from,
            to,
        })
    }

    /// The stretch of time in sight.
    fn range(&self, timeline: &Timeline) -> (SimTime, SimTime) {
        self.zoom.unwrap_or((timeline.from, timeline.to))
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
            if let Some(dispatch) = &self.dispatch {
                let above = (self.scroll / paint::TRACK) as usize;
                dispatch.act.emit(Action::ScrollTracks(above));
            }
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
        let (from, to) = self.range(timeline);
        let palette = self.palette.get_or_insert_with(|| Palette::read(&context));
        // Scaling by a finite ratio cannot fail.
        let _scaled = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        let axis = Axis {
            left: 0.0,
            width,
            from,
            to,
        };
        paint::paint(&context, palette, &axis, height, self.scroll, timeline);
    }
}

/// Ctrl and the wheel go nearer or farther; sideways, or with Shift, it goes earlier or later.
fn listen_to_wheel(ctx: &Context<Tracks>, axis: &Element) -> EventListener {
    const PIXELS_PER_VIEW: f64 = 800.0;
    let link = ctx.link().clone();
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(axis, "wheel", options, move |event| {
        let Some(event) = event.dyn_ref::<WheelEvent>() else {
            return;
        };
        let (across, down) = (event.delta_x(), event.delta_y());
        let message = if event.ctrl_key() || event.meta_key() {
            let factor = if down > 0.0 { 1.25 } else { 0.8 };
            Message::Zoom(factor, Some(f64::from(event.client_x())))
        } else if event.shift_key() {
            Message::Pan((across + down) / PIXELS_PER_VIEW)
        } else if across.abs() > down.abs() {
            Message::Pan(across / PIXELS_PER_VIEW)
        } else {
            return;
        };
        event.prevent_default();
        link.send_message(message);
    })
}

fn count(tracks: usize) -> String {
    match tracks {
        0 => "no pods".to_owned(),
        1 => "1 pod".to_owned(),
        tracks => format!("{} pods", grouped(tracks as u64)),
    }
}
