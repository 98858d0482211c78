//! Pods as glyphs on one canvas: drawn where they changed, pointed at by mouse and arrows, read aloud one by one.

use std::rc::Rc;

use gloo::utils::{document_element, window};
use podarium::session::Action;
use podarium::session::view::State;
use podarium::session::view::crowd::{Glyph, Group, Loupe};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, ResizeObserver};
use yew::prelude::*;

use super::cell;
use super::plan::{Plan, Shape};
use super::shapes::{Sprites, context, ratio};
use crate::web::dispatch::{Dispatch, NarrowTab, UiMessage};
use crate::web::theme::token;

/// Glyphs in groups.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub groups: Vec<Rc<Group>>,
    /// How the groups stand.
    pub shape: Shape,
    /// The distance from glyph to glyph, in pixels of the page.
    pub pitch: u32,
    /// The state that is looked for; the others are faint.
    #[prop_or_default]
    pub filter: Option<State>,
    /// The number of the selected pod.
    pub selected: Option<u64>,
    /// The pod that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on; a change means new colours.
    pub dark: bool,
    /// What the field is called aloud.
    pub label: AttrValue,
}

/// Glyphs in groups.
pub struct Field {
    canvas: NodeRef,
    dispatch: Option<Dispatch>,
    /// The width of the field in pixels of the page; 0 until it was measured.
    width: f64,
    plan: Plan,
    /// The groups as they are on the canvas, and how; `None` if all must be drawn.
    painted: Option<Vec<Rc<Group>>>,
    sprites: Option<Sprites>,
    resize: Option<ResizeObserver>,
    on_resize: Closure<dyn Fn()>,
}

/// What happens inside.
pub enum Message {
    /// The field has another width.
    Measure,
    /// The pointer is over a place of the canvas, and is it pressed?
    Point(f64, f64, bool),
    /// A key that goes to another glyph or selects this one.
    Key(KeyboardEvent),
    /// The focus came.
    Enter,
}

impl Component for Field {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        Self {
            canvas: NodeRef::default(),
            dispatch: Dispatch::of(ctx),
            width: 0.0,
            plan: Plan::default(),
            painted: None,
            sprites: None,
            resize: None,
            on_resize: Closure::new(move || link.send_message(Message::Measure)),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let props = ctx.props();
        match message {
            Message::Measure => {
                let field = self.canvas.cast::<Element>();
                let field = field.and_then(|canvas| canvas.parent_element());
                let width = field.map_or(0.0, |field| f64::from(field.client_width()));
                let changed = width != self.width;
                self.width = width;
                if changed {
                    self.arrange(props);
                }
                return changed;
            }
            Message::Point(x, y, pressed) => {
                let glyph = self.plan.find(&props.groups, x, y);
                let number = glyph.map(|glyph| glyph.number);
                match number {
                    Some(number) if pressed => self.pick(number),
                    _ => self.peek(props, number),
                }
            }
            Message::Key(event) => self.key(props, &event),
            Message::Enter => {
                if self.active(props).is_none() {
                    let first = matching(props).next();
                    self.peek(props, first.map(|glyph| glyph.number));
                }
            }
        }
        false
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        if new.dark != old.dark || new.pitch != old.pitch {
            self.sprites = None;
        }
        if new.filter != old.filter || self.sprites.is_none() {
            self.painted = None;
        }
        self.arrange(new);
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let canvas = self.canvas.cast::<Element>();
        if let Some(field) = canvas.and_then(|canvas| canvas.parent_element())
            && first
        {
            // Every browser that runs the rest has this observer. It tells the first width too.
            self.resize = ResizeObserver::new(self.on_resize.as_ref().unchecked_ref()).ok();
            self.resize
                .iter()
                .for_each(|observer| observer.observe(&field));
        }
        self.paint(ctx.props());
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let link = ctx.link();
        let point = |event: &MouseEvent, pressed: bool| {
            let (x, y) = (event.offset_x(), event.offset_y());
            Message::Point(f64::from(x), f64::from(y), pressed)
        };
        let onpointermove = link.callback(move |event: PointerEvent| point(&event, false));
        let onclick = link.callback(move |event: MouseEvent| point(&event, true));
        let leave = link.callback(|_: PointerEvent| Message::Point(-1.0, -1.0, false));
        let onblur = link.callback(|_: FocusEvent| Message::Point(-1.0, -1.0, false));
        let is_empty = matching(props).next().is_none();
        let active = self.active(props);
        let option = active.map(|loupe| format!("glyph-{}", loupe.number));
        let style = format!("width:{}px;height:{}px", self.width, self.plan.height);
        html! {
            <div class="field" role="listbox" tabindex={if is_empty { "-1" } else { "0" }} aria-label={props.label.clone()} aria-activedescendant={option.clone()}
                onkeydown={link.callback(Message::Key)} onfocus={link.callback(|_: FocusEvent| Message::Enter)} {onblur}>
                <canvas ref={self.canvas.clone()} aria-hidden="true" {style} {onpointermove} onpointerleave={leave} {onclick}></canvas>
                { self.option(props, active, option) }
                { self.mark(props, props.selected, "field__mark") }
                { self.mark(props, active.map(|loupe| loupe.number), "field__mark field__mark--at") }
                if let Some(loupe) = active { { self.loupe(props, loupe) } }
            </div>
        }
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.resize.iter().for_each(ResizeObserver::disconnect);
    }
}

impl Field {
    /// The pod that is looked at, if it is in this field.
    fn active<'a>(&self, props: &'a Props) -> Option<&'a Rc<Loupe>> {
        let loupe = props.loupe.as_ref()?;
        place(&props.groups, loupe.number).map(|_| loupe)
    }

    fn peek(&self, props: &Props, number: Option<u64>) {
        let now = props.loupe.as_ref().map(|loupe| loupe.number);
        if let Some(dispatch) = self.dispatch.as_ref().filter(|_| now != number) {
            dispatch.act.emit(Action::Peek(number));
        }
    }

    fn pick(&self, number: u64) {
        if let Some(dispatch) = &self.dispatch {
            dispatch.act.emit(Action::Pick(number));
            dispatch.ui.emit(UiMessage::ShowTab(NarrowTab::Inspect));
        }
    }

    fn key(&self, props: &Props, event: &KeyboardEvent) {
        let here = self.active(props).map(|loupe| loupe.number);
        let mut glyphs = matching(props);
        let position = glyphs.position(|glyph| Some(glyph.number) == here);
        let mut glyphs = matching(props);
        let next = match event.key().as_str() {
            "ArrowRight" => glyphs.nth(position.map_or(0, |at| at + 1)),
            "ArrowLeft" => position.and_then(|at| glyphs.nth(at.checked_sub(1)?)),
            "Home" => glyphs.next(),
            "End" => glyphs.last(),
            "ArrowDown" => self.beside(props, here, 1.0),
            "ArrowUp" => self.beside(props, here, -1.0),
            "Enter" | " " => {
                here.into_iter().for_each(|number| self.pick(number));
                None
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(glyph) = next {
            self.peek(props, Some(glyph.number));
        }
    }

    /// The next glyph above or below that the filter lets through.
    fn beside<'a>(&self, props: &'a Props, here: Option<u64>, way: f64) -> Option<&'a Glyph> {
        let (group, index) = place(&props.groups, here?)?;
        let (x, y) = self.plan.corner(group, index);
        let half = self.plan.pitch / 2.0;
        let mut y = y + half;
        loop {
            y += way * self.plan.pitch;
            if !(0.0..self.plan.height).contains(&y) {
                return None;
            }
            let found = self.plan.find(&props.groups, x + half, y);
            if let Some(glyph) = found.filter(|glyph| passes(props, glyph)) {
                return Some(glyph);
            }
        }
    }

    fn arrange(&mut self, props: &Props) {
        let pitch = f64::from(props.pitch);
        // Whole pixels of the screen keep the glyphs sharp.
        let pitch = (pitch * ratio()).round() / ratio();
        if self
            .plan
            .arrange(&props.groups, props.shape, self.width, pitch)
        {
            self.painted = None;
        }
    }

    /// Draws what changed.
    fn paint(&mut self, props: &Props) {
        let ratio = ratio();
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else {
            return;
        };
        let size = [self.width, self.plan.height].map(|length| (length * ratio).round() as u32);
        if size.contains(&0) {
            return;
        }
        if [canvas.width(), canvas.height()] != size {
            canvas.set_width(size[0]);
            canvas.set_height(size[1]);
            self.painted = None;
        }
        let side = (self.plan.pitch * ratio).round();
        if self.sprites.is_none() {
            self.sprites = Sprites::new(side as u32);
        }
        let (Some(context), Some(sprites)) = (context(&canvas), &self.sprites) else {
            return;
        };
        let before = self.painted.take();
        if before.is_none() {
            context.clear_rect(0.0, 0.0, f64::from(size[0]), f64::from(size[1]));
        }
        for (index, group) in props.groups.iter().enumerate() {
            let old = before.as_ref().and_then(|groups| groups.get(index));
            if old.is_some_and(|old| Rc::ptr_eq(old, group)) {
                continue;
            }
            let states = |glyphs: &'_ [Glyph], at: usize| glyphs.get(at).map(|glyph| glyph.state);
            let old_glyphs = old.map_or(&[][..], |old| &old.glyphs);
            for at in 0..group.glyphs.len().max(old_glyphs.len()) {
                let (was, is) = (states(old_glyphs, at), states(&group.glyphs, at));
                if was == is {
                    continue;
                }
                let (x, y) = self.plan.corner(index, at);
                let (x, y) = ((x * ratio).round(), (y * ratio).round());
                if was.is_some() {
                    context.clear_rect(x, y, side, side);
                }
                if let Some(state) = is {
                    let faint = props.filter.is_some_and(|wanted| wanted != state);
                    sprites.draw(&context, state, faint, x, y);
                }
            }
            let words = |group: &Rc<Group>| (Rc::clone(&group.title), Rc::clone(&group.note));
            if old.map(words) != Some(words(group)) {
                self.title(&context, index, group, ratio);
            }
        }
        self.painted = Some(props.groups.clone());
    }

    /// The name over a group, and what is wrong with it.
    fn title(&self, context: &CanvasRenderingContext2d, index: usize, group: &Group, ratio: f64) {
        let Some((x, y, width, height)) = self.plan.title(index) else {
            return;
        };
        let (x, y) = ((x * ratio).round(), (y * ratio).round());
        context.clear_rect(x, y, width * ratio, height * ratio);
        let is_well = group.note.is_empty();
        context.set_fill_style_str(&token(if is_well { "--ink-3" } else { "--st-failing" }));
        context.set_font(&format!("{}px {}", 10.0 * ratio, token("--font-mono")));
        let name = if group.title.is_empty() {
            "no node yet"
        } else {
            &group.title
        };
        let words = [name, &group.note].join(" ");
        // Only a place that is not finite could fail.
        let _drawn =
            context.fill_text_with_max_width(words.trim_end(), x, y + 9.0 * ratio, width * ratio);
    }

    /// For screen readers a list with one option at a time: the glyph under the keyboard's cursor.
    fn option(&self, props: &Props, active: Option<&Rc<Loupe>>, id: Option<String>) -> Html {
        let position =
            active.and_then(|loupe| matching(props).position(|glyph| glyph.number == loupe.number));
        let count = matching(props).count();
        let selected = active.is_some_and(|loupe| Some(loupe.number) == props.selected);
        html! {
            <div class="vh" role="option" {id} aria-selected={selected.to_string()} aria-setsize={count.to_string()}
                aria-posinset={position.map(|at| (at + 1).to_string())}>
                { active.map_or("Arrows go from pod to pod, Enter selects", |loupe| &loupe.cell.label) }
            </div>
        }
    }

    /// A frame around a glyph.
    fn mark(&self, props: &Props, number: Option<u64>, class: &'static str) -> Html {
        let found = number.and_then(|number| place(&props.groups, number));
        let Some((group, index)) = found else {
            return html! {};
        };
        let (x, y) = self.plan.corner(group, index);
        let side = self.plan.pitch;
        html! { <i {class} style={format!("left:{x}px;top:{y}px;width:{side}px;height:{side}px")}></i> }
    }

    /// The full cell of the pod that is looked at, beside its glyph and never over it.
    fn loupe(&self, props: &Props, loupe: &Loupe) -> Html {
        let corner =
            place(&props.groups, loupe.number).map(|(group, index)| self.plan.corner(group, index));
        let canvas = self.canvas.cast::<Element>();
        let (Some((x, y)), Some(rect)) = (corner, canvas.map(|it| it.get_bounding_client_rect()))
        else {
            return html! {};
        };
        let page = document_element();
        let (width, height) = (
            f64::from(page.client_width()),
            f64::from(page.client_height()),
        );
        let (left, top) = (rect.left() + x, rect.top() + y);
        let mut style = format!("left:{:.0}px;", left.min(width - 280.0).max(8.0));
        style += &if top > height / 2.0 {
            format!("bottom:{:.0}px", height - top + 6.0)
        } else {
            format!("top:{:.0}px", top + self.plan.pitch + 6.0)
        };
        let cell = &loupe.cell;
        let card = html! {
            <div class="loupe" data-state={cell.state.as_str()} {style} aria-hidden="true">
                <div class="pod" data-state={cell.state.as_str()}>{ cell::full(cell, Html::default()) }</div>
                <p>{ cell::words(&cell.sentence) }</p>
            </div>
        };
        match window().document().and_then(|page| page.body()) {
            // Outside of what scrolls and of what makes cells smaller.
            Some(body) => create_portal(card, body.into()),
            None => card,
        }
    }
}

/// The glyphs that the filter lets through.
fn matching(props: &Props) -> impl Iterator<Item = &Glyph> {
    let glyphs = props.groups.iter().flat_map(|group| &group.glyphs);
    glyphs.filter(|glyph| passes(props, glyph))
}

fn passes(props: &Props, glyph: &Glyph) -> bool {
    props.filter.is_none_or(|wanted| wanted == glyph.state)
}

/// The group and the place in it of a pod.
fn place(groups: &[Rc<Group>], number: u64) -> Option<(usize, usize)> {
    let found = |(index, group): (usize, &Rc<Group>)| Some((index, group.place(number)?));
    groups.iter().enumerate().find_map(found)
}
