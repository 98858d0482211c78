//! The Nodes mode: what each node has promised to its pods.

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::crowd::{Group, Loupe};
use podarium::session::view::inspector::Tab;
use podarium::session::view::nodes::{Decision, NodeCard, NodePod, Nodes, ResourceBar};
use podarium::session::view::{State, Text};
use web_sys::Element;
use yew::prelude::*;

use super::dispatch::{Dispatch, use_dispatch};
use super::flip::{self, Rects};
use super::glyph::{actor_icon, glyph, rich, symbol};
use super::stage::field::Field;
use super::stage::plan::Shape;

/// All nodes.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub nodes: Rc<Nodes>,
    /// Whether pods may fly at the speed of the moment.
    pub animate: bool,
    /// The glyph that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on.
    pub dark: bool,
}

/// All nodes, and the flight of a pod from the scheduler to its node.
pub struct NodesPanel {
    root: NodeRef,
    /// Where the pods stood before this rendering, if some are to fly.
    before: Rects,
}

impl Component for NodesPanel {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Self {
        Self {
            root: NodeRef::default(),
            before: Rects::new(),
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        let few = places(&new.nodes).count() <= flip::MOST_FLYING;
        if new.animate && few && !places(&new.nodes).eq(places(&old.nodes)) {
            self.measure(&old.nodes, &new.nodes);
        }
        new != old
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        let root = self.root.cast::<Element>();
        if let Some(root) = root.filter(|_| !self.before.is_empty()) {
            flip::play(&root, &std::mem::take(&mut self.before));
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let nodes = &props.nodes;
        let selected = nodes.selected.as_ref().map(|key| key.uid.clone());
        html! {
            <div class="nodestage" ref={self.root.clone()}>
                <Control ..props.clone() />
                <div class="nodes">
                    { for nodes.cards.iter().map(|card| html! {
                        <Card key={&*card.key.uid} card={card.clone()} selected={selected.clone()} loupe={props.loupe.clone().filter(|loupe| holds(card, loupe))} dark={props.dark} />
                    }) }
                </div>
            </div>
        }
    }
}

impl NodesPanel {
    /// Notes where each pod is seen. Those that come had their turn between two frames: they fly from the scheduler.
    fn measure(&mut self, old: &Nodes, new: &Nodes) {
        let Some(root) = self.root.cast::<Element>() else {
            return;
        };
        self.before = flip::measure(&root);
        let Ok(Some(scheduler)) = root.query_selector(".cp--wide") else {
            return;
        };
        let corner = flip::corner(&scheduler);
        for (uid, _) in places(new) {
            if places(old).all(|(other, _)| other != uid) {
                self.before.insert(uid.to_string(), corner);
            }
        }
    }
}

/// Each pod that is a pill, with its place: the queue or a card.
fn places(nodes: &Nodes) -> impl Iterator<Item = (&Text, usize)> {
    let cards = nodes.cards.iter().map(|card| &card.pods);
    let lists = [&nodes.queue].into_iter().chain(cards);
    let lists = lists.enumerate();
    lists.flat_map(|(place, pods)| pods.iter().map(move |pod| (&pod.key.uid, place)))
}

/// The control plane: controllers, API server, and the scheduler with its queue.
#[function_component]
fn Control(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let nodes = &props.nodes;
    let plane = &nodes.control;
    let selected = nodes.selected.as_ref().map(|key| &key.uid);
    let wire = || symbol("#i-wire", "cp__wire", "0 0 40 20");
    html! {
        <div class="control">
            { facts("Controllers", "ctl", &plane.controllers) }
            { wire() }
            { facts("API server", "api", &plane.server) }
            { wire() }
            <section class="cp cp--wide" aria-labelledby="cp-sched">
                <h2>{ actor_icon("sched") }<span id="cp-sched">{ "Scheduler" }</span><span class="dim">{ &*plane.queue }</span></h2>
                { for nodes.queue_crowd.iter().map(|crowd| field(crowd, "Waiting", props.loupe.as_ref(), props.dark)) }
                if !nodes.queue.is_empty() {
                    <ul class="pills">{ for nodes.queue.iter().map(|pod| pill(pod, selected)) }</ul>
                }
                { for nodes.decision.iter().map(|decision| decided(decision, &dispatch)) }
            </section>
        </div>
    }
}

/// A part of the control plane of which a few things are told.
fn facts(title: &str, icon: &str, rows: &[(Text, Text)]) -> Html {
    let id = format!("cp-{icon}");
    html! {
        <section class="cp" aria-labelledby={id.clone()}>
            <h2>{ actor_icon(icon) }<span {id}>{ title }</span></h2>
            <dl>{ for rows.iter().map(|(name, value)| html! { <div><dt>{ &**name }</dt><dd title={value.clone()}>{ &**value }</dd></div> }) }</dl>
        </section>
    }
}

/// The scheduler's last decision, with the way to its table.
fn decided(decision: &Decision, dispatch: &Dispatch) -> Html {
    let ask = decision.pod.clone().map(|pod| {
        let dispatch = dispatch.clone();
        move |_| {
            dispatch.select(&pod);
            dispatch.act.emit(Action::OpenTab(Tab::Node));
        }
    });
    html! {
        <div class="decided">
            <time>{ &*decision.at }</time>
            <p>{ rich(&decision.text, dispatch) }</p>
            { for ask.into_iter().map(|onclick| html! {
                <button type="button" class="btn btn--line btn--small" {onclick}>{ &*decision.question }</button>
            }) }
        </div>
    }
}

fn pill(pod: &Rc<NodePod>, selected: Option<&Text>) -> Html {
    html! {
        <li key={&*pod.key.uid}><Pill pod={pod.clone()} selected={selected == Some(&pod.key.uid)} /></li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PillProps {
    pod: Rc<NodePod>,
    selected: bool,
}

#[function_component]
fn Pill(props: &PillProps) -> Html {
    let dispatch = use_dispatch();
    let pod = &props.pod;
    let onclick = {
        let key = pod.key.clone();
        move |_| dispatch.select(&key)
    };
    html! {
        <button type="button" class="podlet" data-state={pod.state.as_str()} data-uid={pod.key.uid.to_string()} aria-pressed={props.selected.to_string()} {onclick}><span class="vh">{ &*pod.label }</span>{ glyph(pod.state) }<span aria-hidden="true">{ &*pod.name }</span><em aria-hidden="true">{ &*pod.word }</em></button>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct CardProps {
    card: Rc<NodeCard>,
    selected: Option<Text>,
    loupe: Option<Rc<Loupe>>,
    dark: bool,
}

#[function_component]
fn Card(props: &CardProps) -> Html {
    let dispatch = use_dispatch();
    let card = &props.card;
    let onclick = {
        let key = card.key.clone();
        move |_| dispatch.select(&key)
    };
    let id = format!("node-{}", card.key.name);
    let chosen = props.selected.as_ref() == Some(&card.key.uid);
    html! {
        <section class={classes!("node", chosen.then_some("node--win"))} data-state={card.state.as_str()} aria-labelledby={id.clone()}>
            <header>
                <h2 {id}><button type="button" class="node__name" aria-pressed={chosen.to_string()} {onclick}>{ &*card.key.name }</button></h2>
                <span class="node__cond">{ glyph(card.state) }{ &*card.status }</span>
            </header>
            { for card.resources.iter().map(resource) }
            if !card.labels.is_empty() || !card.conditions.is_empty() {
                <div class="node__tags">
                    { for card.labels.iter().map(|label| html! { <span class="chip">{ &**label }</span> }) }
                    { for card.conditions.iter().map(|word| html! { <span class="chip" data-state={State::Failing.as_str()}>{ &**word }</span> }) }
                </div>
            }
            <div class="node__tags">
                <span class="dim">{ if card.taints.is_empty() { "taints none" } else { "taints" } }</span>
                { for card.taints.iter().map(|taint| html! { <span class="chip chip--line">{ &**taint }</span> }) }
            </div>
            { for card.crowd.iter().map(|crowd| field(crowd, &card.key.name, props.loupe.as_ref(), props.dark)) }
            <ul class="node__pods">{ for card.pods.iter().map(|pod| pill(pod, props.selected.as_ref())) }</ul>
        </section>
    }
}

/// Whether the glyph that is looked at is on this card; the others need not be drawn for it.
fn holds(card: &NodeCard, loupe: &Loupe) -> bool {
    let place = |crowd: &Rc<Group>| crowd.place(loupe.number);
    card.crowd.as_ref().and_then(place).is_some()
}

/// Too many pods for a list.
fn field(crowd: &Rc<Group>, name: &str, loupe: Option<&Rc<Loupe>>, dark: bool) -> Html {
    let label = format!("{name}: {} pods", crowd.glyphs.len());
    html! {
        <Field groups={vec![crowd.clone()]} shape={Shape::Block} pitch={11} selected={None::<u64>} loupe={loupe.cloned()} {dark} {label} />
    }
}

fn resource(bar: &ResourceBar) -> Html {
    html! {
        <div class="res">
            <p><b>{ &*bar.name }</b><span>{ &*bar.text }</span></p>
            <div class="res__bar" aria-hidden="true">
                { for bar.parts.iter().map(|part| html! {
                    <i class="seg" data-state={part.state.as_str()} style={format!("flex:0 0 {}.{}%", part.permille / 10, part.permille % 10)}></i>
                }) }
            </div>
        </div>
    }
}
