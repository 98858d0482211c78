//! Tests of the session, driven by actions.

use std::rc::Rc;
use std::time::Duration;

use super::view::{Severity, View};
use super::{Action, Session};
use crate::kernel::SimTime;

const CONFIG_MAP: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: fast\n";

fn tick(session: &mut Session, millis: u64) {
    session.update(Action::Tick {
        elapsed: Duration::from_millis(millis),
        step_budget: 1_000_000,
    });
}

/// Lets simulated seconds pass at speed 1, frame by frame.
fn run(session: &mut Session, seconds: u64) {
    session.update(Action::Play);
    for _ in 0..seconds * 10 {
        tick(session, 100);
    }
}

fn with_text(text: &str) -> Session {
    let mut session = Session::new();
    session.update(Action::EditText(text.into()));
    session
}

/// Seeks, and goes on until it has arrived.
fn seek(session: &mut Session, secs: u64) -> View {
    session.update(Action::Seek(SimTime::from_secs(secs)));
    while session.view().transport.lagging {
        tick(session, 0);
    }
    session.view()
}

#[test]
fn begins_ready_and_empty() {
    let view = Session::new().view();
    assert_eq!(view.transport.now, SimTime::ZERO);
    assert!(!view.transport.playing && view.transport.at_head());
    assert_eq!(view.editor.applied.as_ref(), "not applied yet");
    assert!(view.editor.text.contains("livenessProbe"));
    assert!(view.stage.lanes.iter().all(|lane| lane.cells.is_empty()));
    assert_eq!(view.stage.lanes.len(), 5);
    assert!(view.timeline.pins.is_empty());
}

#[test]
fn applying_starts_the_clock_and_leaves_a_pin() {
    let mut session = with_text(CONFIG_MAP);
    session.update(Action::Apply);
    run(&mut session, 3);
    let view = session.view();
    assert_eq!(view.transport.now, SimTime::from_secs(3));
    assert_eq!(view.editor.applied.as_ref(), "applied at 0:00");
    let pins: Vec<&str> = view
        .timeline
        .pins
        .iter()
        .map(|pin| pin.text.as_ref())
        .collect();
    assert_eq!(pins, ["applied"]);
    session.update(Action::EditText(CONFIG_MAP.replace("fast", "slow").into()));
    let view = session.view();
    assert!(view.editor.is_dirty);
    assert_eq!(view.editor.applied.as_ref(), "changed since 0:00");
}

#[test]
fn a_frame_in_which_nothing_happens_keeps_every_panel() {
    let mut session = with_text(CONFIG_MAP);
    session.update(Action::Apply);
    run(&mut session, 2);
    session.update(Action::Pause);
    tick(&mut session, 16);
    let before = session.view();
    tick(&mut session, 16);
    let after = session.view();
    assert_eq!(before, after);
    assert!(Rc::ptr_eq(&before.stage, &after.stage));
    assert!(Rc::ptr_eq(&before.editor, &after.editor));
    assert!(Rc::ptr_eq(&before.inspector, &after.inspector));
    assert!(Rc::ptr_eq(&before.timeline, &after.timeline));
    assert!(Rc::ptr_eq(&before.transport, &after.transport));
}

#[test]
fn problems_have_places_in_utf16_and_lines() {
    let mut session =
        with_text("# 😀\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {}\n");
    let view = session.view();
    let mark = &view.editor.diagnostics[0];
    // The emoji is two units.
    assert_eq!((mark.from, mark.severity), (56, Severity::Error));
    let problem = &view.problems.rows[0];
    assert_eq!(problem.link.as_ref().map(|link| link.line), Some(5));
    assert_eq!(view.problems.summary.as_ref(), "1 error");
    if let Some(fix) = mark.fixes.first() {
        session.update(Action::ApplyFix(fix.id));
        assert!(session.view().editor.text.contains("data: {}"));
        assert_eq!(session.view().editor.revision, view.editor.revision + 1);
    }
}

#[test]
fn a_refusal_of_the_api_server_is_a_problem_at_its_field() {
    let mut session =
        with_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: nosuch\n");
    session.update(Action::Apply);
    let view = session.view();
    assert!(!view.transport.playing);
    let problem = &view.problems.rows[0];
    assert_eq!(problem.link.as_ref().map(|link| link.line), Some(5));
    assert_eq!(problem.message.as_ref(), "namespaces \"nosuch\" not found");
    session.update(Action::EditText(CONFIG_MAP.into()));
    assert!(session.view().problems.rows.is_empty());
}

#[test]
fn looking_back_and_editing_makes_a_fork_and_keeps_the_text() {
    let mut session = with_text(CONFIG_MAP);
    session.update(Action::Apply);
    run(&mut session, 5);
    session.update(Action::EditText(CONFIG_MAP.replace("fast", "slow").into()));
    session.update(Action::Apply);
    run(&mut session, 5);
    session.update(Action::Pause);
    let view = seek(&mut session, 3);
    assert_eq!(
        (view.transport.now, view.transport.head),
        (SimTime::from_secs(3), SimTime::from_secs(10))
    );
    assert!(view.transport.behind.is_some());
    assert!(view.editor.text.contains("slow"));
    assert!(view.editor.fork_notice.is_some());
    session.update(Action::Apply);
    let view = session.view();
    assert_eq!(view.transport.head, SimTime::from_secs(3));
    assert!(view.editor.fork_notice.is_none());
    assert!(view.editor.text.contains("slow"));
    assert_eq!(view.timeline.pins.len(), 2);
}

#[test]
fn every_scenario_can_be_loaded_and_run() {
    for scenario in super::gallery::scenarios() {
        let mut session = Session::new();
        session.update(Action::LoadScenario(scenario.id.into()));
        session.update(Action::Apply);
        session.update(Action::SetSpeed(super::view::transport::Speed::Hundred));
        session.update(Action::Play);
        for _ in 0..10 {
            tick(&mut session, 100);
        }
        let view = session.view();
        assert_eq!(view.editor.text.as_ref(), scenario.text);
        assert!(
            view.gallery
                .groups
                .iter()
                .flat_map(|group| &group.entries)
                .any(|entry| entry.is_current)
        );
    }
}

#[test]
fn the_menu_of_faults_breaks_and_heals() {
    let mut session = with_text(CONFIG_MAP);
    let entry = |view: &View| {
        let entries = view.faults.groups.iter().flat_map(|group| &group.entries);
        entries
            .cloned()
            .find(|entry| entry.id.as_ref() == "registry")
            .unwrap()
    };
    assert!(!entry(&session.view()).is_active);
    session.update(Action::Fault("registry".into()));
    let view = session.view();
    assert!(entry(&view).is_active);
    assert_eq!(view.timeline.pins[0].text.as_ref(), "cut the registry off");
    session.update(Action::Fault("registry".into()));
    assert!(!entry(&session.view()).is_active);
}
