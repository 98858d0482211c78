//! A run as a link, as a table, and with another past.

use crate::history::History;
use crate::kernel::SimTime;
use crate::session::view::View;
use crate::session::{Action, Session};

use super::*;

/// Whether two histories show the same moment of the same run.
fn is_same(one: &History, other: &History) -> bool {
    let picture = |history: &History| {
        let world = history.shown();
        (world.trace_hash(), world.now(), history.head_time())
    };
    picture(one) == picture(other) && one.inputs() == other.inputs()
}

/// Ticks until a link that was opened is shown.
fn open(session: &mut Session, text: &str) -> View {
    session.update(Action::Open(text.into()));
    tick(session, 0);
    while session.view().transport.lagging {
        tick(session, 0);
    }
    session.view()
}

#[test]
fn a_link_shows_the_same_moment_of_the_same_run() {
    let mut session = with_text(LIVENESS);
    session.update(Action::Apply);
    let view = run_until(&mut session, 60, |view| {
        view.stage.lanes[2]
            .cells
            .iter()
            .any(|cell| cell.restarts == 1)
    });
    session.update(Action::Fault("registry".into()));
    run(&mut session, 5);
    session.update(Action::Pause);
    session.update(Action::EditText(format!("{LIVENESS}# changed\n").into()));
    let cell = view.stage.lanes[2].cells[0].clone();
    seek(&mut session, 12);
    session.update(Action::Select(Some(cell.key.clone())));
    let (view, link) = (session.view(), session.share());

    let mut other = Session::new();
    let shown = open(&mut other, &link);
    assert!(is_same(&session.history, &other.history));
    assert_eq!(shown.inspector, view.inspector);
    assert_eq!(shown.stage, view.stage);
    assert_eq!(shown.timeline.tracks, view.timeline.tracks);
    assert_eq!(shown.editor.text, view.editor.text);
    assert_eq!(shown.editor.applied, view.editor.applied);
    assert!(shown.editor.is_dirty && shown.notice.is_empty());
    assert_eq!(other.share(), link);

    // Going on from there is going on from the same.
    for session in [&mut session, &mut other] {
        session.update(Action::Fork);
        session.update(Action::Apply);
        run(session, 3);
    }
    assert!(is_same(&session.history, &other.history));
}

#[test]
fn a_link_of_another_version_says_so_and_opens() {
    let mut session = with_text(CONFIG_MAP);
    session.update(Action::Apply);
    let link = session.share();
    let mine = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let older = link.replace(&mine, "\"version\":\"0.0.1<script>\"");
    let view = open(&mut session, &older);
    assert!(
        view.notice
            .contains("made with Podarium 0.0.1script; this is "),
        "{}",
        view.notice
    );
    assert_eq!(view.editor.text.as_ref(), CONFIG_MAP);
    session.update(Action::DropNotice);
    assert!(session.view().notice.is_empty());
    let newer = link.replace("\"podarium\":1", "\"podarium\":7");
    assert!(open(&mut session, &newer).notice.contains("later version"));
}

#[test]
fn a_broken_link_says_so_and_changes_nothing() {
    let mut session = Session::new();
    let before = session.view();
    for text in ["", "{}", "{\"podarium\":1,\"now\":0,\"head\":0}"] {
        let view = open(&mut session, text);
        assert!(view.notice.starts_with("This link cannot be opened: "));
        assert_eq!((&view.editor, &view.stage), (&before.editor, &before.stage));
    }
}

#[test]
fn every_track_can_be_scrolled_to() {
    let mut session = with_text(&LIVENESS.replace("replicas: 2", "replicas: 150"));
    session.update(Action::Apply);
    let view = run_until(&mut session, 30, |view| view.timeline.pods == 150);
    let heading = &view.timeline.tracks[0];
    assert!(heading.is_heading && heading.label.contains(": 150 pods, "));
    assert_eq!(&*heading.key.kind, "ReplicaSet");
    assert_eq!(view.timeline.total, 151);
    let mut seen = std::collections::BTreeSet::new();
    for scrolled in (0..150).step_by(20) {
        session.update(Action::ScrollTracks(scrolled));
        let timeline = session.view().timeline;
        assert!(timeline.first <= scrolled && scrolled < timeline.first + timeline.tracks.len());
        seen.extend(timeline.tracks.iter().map(|track| track.key.uid.clone()));
    }
    assert_eq!(seen.len(), 151);
    assert_eq!((view.timeline.first, view.timeline.tracks.len()), (0, 65));
    // Beyond the end are the last ones.
    session.update(Action::ScrollTracks(9_999));
    let timeline = session.view().timeline;
    assert_eq!(timeline.first + timeline.tracks.len(), 151);
}

#[test]
fn a_fault_is_moved_and_undone() {
    let mut session = with_text(LIVENESS);
    session.update(Action::Apply);
    run(&mut session, 4);
    session.update(Action::Fault("kubelet/node-1".into()));
    run(&mut session, 6);
    session.update(Action::Pause);
    let pins = |session: &mut Session| -> Vec<(u64, String)> {
        let timeline = session.view().timeline;
        let pins = timeline.pins.iter();
        pins.map(|pin| (pin.at.as_secs(), pin.text.to_string()))
            .collect()
    };
    let stopped = "stopped the kubelet of node-1".to_owned();
    assert_eq!(
        pins(&mut session),
        [(0, "applied".to_owned()), (4, stopped.clone())]
    );
    let view = seek(&mut session, 8);
    assert!(view.timeline.pins[1].is_fault);
    session.update(Action::MovePin(
        view.timeline.pins[1].input,
        SimTime::from_secs(2),
    ));
    tick(&mut session, 0);
    let view = session.view();
    assert_eq!(
        (view.transport.now, view.transport.head),
        (SimTime::from_secs(8), SimTime::from_secs(10))
    );
    assert_eq!(
        pins(&mut session),
        [(0, "applied".to_owned()), (2, stopped)]
    );
    session.update(Action::DropPin(1));
    tick(&mut session, 0);
    assert_eq!(pins(&mut session), [(0, "applied".to_owned())]);

    // Without the fault it is the run that never had it.
    let mut other = with_text(LIVENESS);
    other.update(Action::Apply);
    run(&mut other, 10);
    other.update(Action::Pause);
    seek(&mut other, 8);
    assert!(is_same(&session.history, &other.history));

    session.update(Action::DropPin(0));
    tick(&mut session, 0);
    assert_eq!(session.view().editor.applied.as_ref(), "not applied yet");
    assert_eq!(lane_sizes(&session.view()), [0; 5]);
}

#[test]
fn the_run_is_a_table() {
    let mut session = with_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: once}\nspec:\n  restartPolicy: Never\n  containers:\n  \
         - name: main\n    image: busybox:1.36\n    command: [sh, -c, 'sleep 2']\n",
    );
    session.update(Action::Apply);
    run_until(&mut session, 20, |view| statuses(view) == ["Completed"]);
    run(&mut session, 3);
    let table = session.table();
    let whats: Vec<&str> = table
        .lines()
        .skip(2)
        .filter_map(|line| line.split(" | ").nth(2))
        .map(|what| what.trim_end_matches(" |"))
        .collect();
    // Its container ends before the kubelet tells of it.
    let expect = [
        "applied",
        "Pending",
        "Creating",
        "Ready",
        "Not ready",
        "Completed",
    ];
    assert_eq!(whats, expect, "{table}");
    assert!(
        table.starts_with("| Time | Who | What |\n|---:|---|---|\n| 0:00.0 | you | applied |\n")
    );
}
