//! What is told of an object that is not there at the moment shown.

use crate::session::view::inspector::{Body, Details, Inspector, Presence, Story, Tab};
use crate::session::view::{ObjectKey, View};
use crate::session::{Action, Session};

use super::{LIVENESS, lane_sizes, run_until, seek, tick, with_text};

/// A session in which the first pod of two runs, with its `kubectl describe` open.
fn watching() -> (Session, ObjectKey) {
    let mut session = with_text(LIVENESS);
    session.update(Action::Apply);
    let view = run_until(&mut session, 10, |view| lane_sizes(view)[2] == 2);
    let pod = view.stage.lanes[2].cells[0].key.clone();
    session.update(Action::Select(Some(pod.clone())));
    session.update(Action::OpenTab(Tab::Describe));
    (session, pod)
}

fn shown(view: &View) -> Details {
    match view.inspector.as_ref() {
        Inspector::Object(details) => details.as_ref().clone(),
        Inspector::Overview(overview) => panic!("{overview:?}"),
    }
}

#[test]
fn before_its_creation_an_object_is_told_as_if_nobody_knew_what_comes() {
    let (mut session, pod) = watching();
    assert_eq!(shown(&session.view()).presence, Presence::There);
    let before = shown(&seek(&mut session, 0));
    assert_eq!(before.presence, Presence::NotYet);
    assert_eq!(before.status.as_ref(), "not created yet");
    assert_eq!(before.body, Body::Story(Story::default()));
    assert!(
        before.facts.is_empty() && before.conditions.is_empty() && before.containers.is_empty()
    );

    // The same inputs where nobody has seen the pod.
    let mut other = with_text(LIVENESS);
    other.update(Action::Apply);
    other.update(Action::Select(Some(pod)));
    other.update(Action::OpenTab(Tab::Describe));
    tick(&mut other, 0);
    assert_eq!(shown(&other.view()), before);
}

#[test]
fn after_its_deletion_an_object_is_told_by_its_story_whatever_was_shown_before() {
    let (mut session, pod) = watching();
    session.update(Action::Delete(pod));
    let view = run_until(
        &mut session,
        60,
        |view| matches!(view.inspector.as_ref(), Inspector::Object(details) if details.presence == Presence::Gone),
    );
    let gone = shown(&view);
    assert_eq!(gone.status.as_ref(), "deleted");
    assert!(gone.facts.is_empty() && gone.containers.is_empty());
    let Body::Story(story) = &gone.body else {
        panic!("{:?}", gone.body);
    };
    assert_eq!(story.question.as_ref(), "Why deleted?");
    assert!(!story.steps.is_empty());

    let end = view.transport.now;
    seek(&mut session, 5);
    session.update(Action::Seek(end));
    while session.view().transport.lagging {
        tick(&mut session, 0);
    }
    assert_eq!(shown(&session.view()), gone);
}
