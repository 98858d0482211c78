//! Tests of the session, driven by actions.

use std::rc::Rc;
use std::time::Duration;

use super::view::inspector::{Body, Inspector, Tab};
use super::view::stage::Dial;
use super::view::transport::Speed;
use super::view::{Severity, View};
use super::{Action, Session};
use crate::kernel::SimTime;

mod absent;
mod runs;

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
fn a_text_that_is_too_long_is_not_read_but_told() {
    let mut session = with_text(&"a: b\n".repeat(1_000_000));
    let view = session.view();
    assert_eq!(view.problems.rows.len(), 1);
    assert!(view.problems.rows[0].message.contains("4882 KiB"));
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
        session.update(Action::SetSpeed(Speed::Hundred));
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

/// What was accepted is accepted again while it runs.
#[test]
fn an_applied_text_is_no_mistake() {
    let menu = Session::new().view().gallery;
    let errors = |view: &View| {
        let rows = view.problems.rows.iter();
        rows.filter(|row| row.severity == Severity::Error)
            .map(|row| row.message.to_string())
            .collect::<Vec<_>>()
    };
    for entry in menu.groups.iter().flat_map(|group| &group.entries) {
        // Three hundred pods and a hundred nodes tell nothing new and take long.
        if ["34-three-hundred", "37-hundred-nodes"].contains(&&*entry.id) {
            continue;
        }
        let mut session = Session::new();
        session.update(Action::LoadScenario(entry.id.clone()));
        let before = errors(&session.view());
        session.update(Action::Apply);
        run(&mut session, 3);
        session.update(Action::Apply);
        let after = errors(&session.view());
        assert!(
            !before.is_empty() || after.is_empty(),
            "{}: {after:?}",
            entry.id
        );
    }
}

#[test]
fn the_menu_of_faults_breaks_and_heals() {
    let mut session = with_text(CONFIG_MAP);
    let entry = |view: &View| {
        let entries = view.faults.groups.iter().flat_map(|group| &group.entries);
        let mut registry = entries.filter(|entry| entry.id.as_ref() == "registry");
        registry.next().cloned().unwrap()
    };
    assert!(!entry(&session.view()).is_active);
    session.update(Action::Fault("registry".into()));
    let view = session.view();
    assert!(entry(&view).is_active);
    assert_eq!(view.timeline.pins[0].text.as_ref(), "cut the registry off");
    session.update(Action::Fault("registry".into()));
    assert!(!entry(&session.view()).is_active);
}

#[test]
fn a_machine_that_is_shut_down_can_be_booted() {
    let mut session = with_text(CONFIG_MAP);
    let labels = |session: &mut Session| {
        let view = session.view();
        let entries = view.faults.groups.iter().flat_map(|group| &group.entries);
        let of_node = entries.filter(|entry| entry.id.ends_with("node-1"));
        let labels: Vec<String> = of_node.map(|entry| entry.label.to_string()).collect();
        labels.join(", ")
    };
    let whole = "Stop its kubelet, Cut the power, Shut it down";
    assert_eq!(labels(&mut session), whole);
    session.update(Action::Fault("shutdown/node-1".into()));
    assert_eq!(labels(&mut session), "Stop its kubelet, Boot the machine");
    session.update(Action::Fault("machine/node-1".into()));
    assert_eq!(labels(&mut session), whole);
    let pins = &session.view().timeline.pins;
    assert_eq!(pins[0].text.as_ref(), "shut node-1 down, started node-1");
}

/// Every pod's STATUS on the stage, in order of creation.
fn statuses(view: &View) -> Vec<String> {
    let cells = view.stage.lanes.iter().flat_map(|lane| &lane.cells);
    cells.map(|cell| cell.status.to_string()).collect()
}

fn lane_sizes(view: &View) -> [usize; 5] {
    std::array::from_fn(|index| view.stage.lanes[index].cells.len())
}

/// Runs until a condition holds, at most some simulated seconds.
fn run_until(session: &mut Session, seconds: u64, holds: impl Fn(&View) -> bool) -> View {
    session.update(Action::Play);
    for _ in 0..seconds * 50 {
        tick(session, 20);
        let view = session.view();
        if holds(&view) {
            return view;
        }
    }
    panic!("not within {seconds} s: {:?}", statuses(&session.view()));
}

const LIVENESS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: main
        image: nginx:1.29
        ports:
        - containerPort: 80
        livenessProbe:
          httpGet: {path: /, port: 18082}
          periodSeconds: 5
";

#[test]
fn a_life_is_watched_rewound_and_ended() {
    let mut session = with_text(LIVENESS);
    session.update(Action::Apply);
    let view = run_until(&mut session, 5, |view| {
        statuses(view) == ["ContainerCreating", "ContainerCreating"]
    });
    assert_eq!(lane_sizes(&view), [0, 2, 0, 0, 0]);
    let cell = &view.stage.lanes[1].cells[0];
    assert!(cell.creation.is_some());
    run_until(&mut session, 10, |view| {
        statuses(view) == ["Running", "Running"]
    });

    let view = run_until(&mut session, 30, |view| {
        view.stage.lanes[2]
            .cells
            .iter()
            .all(|cell| cell.restarts == 1)
    });
    let track = &view.timeline.tracks[0];
    assert_eq!(track.restarts.len(), 1);
    assert!(track.probes.iter().filter(|probe| !probe.passed).count() >= 3);

    let view = seek(&mut session, 5);
    assert_eq!(statuses(&view), ["Running", "Running"]);
    assert!(
        view.stage.lanes[2]
            .cells
            .iter()
            .all(|cell| cell.restarts == 0 && cell.is_ready)
    );
    assert!(view.transport.behind.is_some());

    let rows = match view.inspector.as_ref() {
        Inspector::Overview(overview) => overview.rows.clone(),
        other => panic!("{other:?}"),
    };
    let deployment = rows
        .iter()
        .find(|row| row.key.kind.as_ref() == "Deployment")
        .unwrap();
    assert_eq!(deployment.text.as_ref(), "2/2 ready");
    session.update(Action::Delete(deployment.key.clone()));
    let view = run_until(&mut session, 5, |view| lane_sizes(view)[3] == 2);
    assert_eq!(statuses(&view), ["Terminating", "Terminating"]);
    let view = run_until(&mut session, 40, |view| lane_sizes(view) == [0; 5]);
    assert_eq!(view.stage.lanes[4].ghosts.len(), 2);
    assert!(
        view.timeline
            .tracks
            .iter()
            .all(|track| track.gone.is_some())
    );
}

#[test]
fn a_crash_loop_counts_down_to_its_restart() {
    let mut session = with_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: crash}\nspec:\n  containers:\n  - name: main\n    \
         image: busybox:1.36\n    command: [sh, -c, 'sleep 2; exit 1']\n",
    );
    session.update(Action::Apply);
    // Since 1.36 the API shows how the container ended until the kubelet's next sync: STATUS is Error
    // for most of the back-off.
    let view = run_until(&mut session, 60, |view| {
        let mut cells = view.stage.lanes[2].cells.iter();
        cells.any(|cell| {
            let counts = matches!(cell.dial, Dial::Countdown(_));
            cell.restarts == 1 && counts && cell.status.as_ref() == "Error"
        })
    });
    let cell = Rc::clone(&view.stage.lanes[2].cells[0]);
    let Dial::Countdown(countdown) = &cell.dial else {
        panic!("{:?}", cell.dial);
    };
    assert!(countdown.label.starts_with("restarts in "));
    assert_eq!(
        view.timeline.tracks[0].due[0].text.as_ref(),
        format!("restart {}", cell.restarts + 1)
    );

    session.update(Action::Select(Some(cell.key.clone())));
    let view = session.view();
    let Inspector::Object(details) = view.inspector.as_ref() else {
        panic!("{:?}", view.inspector);
    };
    assert_eq!(details.status.as_ref(), "Error");
    assert!(details.countdown_note.starts_with("back-off "));
    let Body::Story(story) = &details.body else {
        panic!("{:?}", details.body);
    };
    assert_eq!(story.question.as_ref(), "Why Error?");
    assert!((2..=8).contains(&story.steps.len()), "{:#?}", story.steps);
    assert_eq!(story.forecast.len(), 1);
    let linked = story.steps.iter().flat_map(|step| &step.text.links);
    assert!(linked.count() > 0);
}

/// The body of the inspector for the first pod on the stage.
fn body(session: &mut Session, tab: Tab) -> Body {
    let view = session.view();
    let cell = view
        .stage
        .lanes
        .iter()
        .flat_map(|lane| &lane.cells)
        .next()
        .unwrap();
    session.update(Action::Select(Some(cell.key.clone())));
    session.update(Action::OpenTab(tab));
    match session.view().inspector.as_ref() {
        Inspector::Object(details) => details.body.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tabs_show_what_kubectl_and_the_node_know() {
    let mut session = with_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: talk}\nspec:\n  hostAliases:\n  - {ip: 10.1.2.3, hostnames: [db]}\n  \
         containers:\n  - name: main\n    image: busybox:1.36\n    command: [sh, -c, 'echo hello; sleep 1000']\n",
    );
    session.update(Action::Apply);
    run_until(&mut session, 10, |view| statuses(view) == ["Running"]);
    tick(&mut session, 100);
    let Body::Logs(logs) = body(&mut session, Tab::Logs) else {
        panic!()
    };
    assert_eq!(logs[0].text.as_ref(), "hello\n");
    let Body::Files(files) = body(&mut session, Tab::Files) else {
        panic!()
    };
    let hosts = files
        .iter()
        .find(|file| file.name.as_ref() == "/etc/hosts")
        .unwrap();
    assert!(hosts.text.contains("10.1.2.3\tdb"), "{}", hosts.text);
    let Body::Yaml(yaml) = body(&mut session, Tab::Yaml) else {
        panic!()
    };
    assert!(
        yaml.starts_with("apiVersion: v1\nkind: Pod\nmetadata:\n"),
        "{yaml}"
    );
    let Body::Describe(text) = body(&mut session, Tab::Describe) else {
        panic!()
    };
    assert!(text.starts_with("Name:             talk\n"), "{text}");
    let Body::Events(events) = body(&mut session, Tab::Events) else {
        panic!()
    };
    let reasons: Vec<&str> = events.iter().map(|event| event.reason.as_ref()).collect();
    assert_eq!(
        reasons,
        ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
    );
}

/// The story of a pod, a line for each step: its text, then its links.
fn story(session: &mut Session, key: &super::view::ObjectKey) -> Vec<String> {
    session.update(Action::Select(Some(key.clone())));
    let view = session.view();
    let Inspector::Object(details) = view.inspector.as_ref() else {
        panic!("{:?}", view.inspector);
    };
    let Body::Story(story) = &details.body else {
        panic!("{:?}", details.body);
    };
    let line = |step: &super::view::inspector::StoryStep| {
        let runs = step.text.runs.iter().map(|run| run.text.to_string());
        let links = step
            .text
            .links
            .iter()
            .map(|link| format!(" [{}]", link.label));
        runs.chain(links).collect()
    };
    story.steps.iter().map(line).collect()
}

#[test]
fn the_story_names_the_field_and_no_sibling() {
    let mut session = with_text(&LIVENESS.replace("replicas: 2", "replicas: 3"));
    session.update(Action::Apply);
    let view = run_until(&mut session, 5, |view| lane_sizes(view)[1] == 3);
    for cell in view.stage.lanes.iter().flat_map(|lane| &lane.cells) {
        let told = story(&mut session, &cell.key).join("\n");
        assert!(told.contains(" goes to node-"), "{told}");
        assert!(told.contains("creates 3"), "{told}");
        let own = cell.name_suffix.as_ref();
        let others = view.stage.lanes[1]
            .cells
            .iter()
            .map(|cell| &cell.name_suffix);
        for other in others.filter(|other| other.as_ref() != own) {
            assert!(!told.contains(other.as_ref()), "{told}");
        }
    }
    let view = run_until(&mut session, 30, |view| {
        let mut cells = view.stage.lanes[2].cells.iter();
        cells.any(|cell| cell.restarts == 1)
    });
    let mut cells = view.stage.lanes[2].cells.iter();
    let restarted = cells.find(|cell| cell.restarts == 1).unwrap();
    let told = story(&mut session, &restarted.key);
    let probes: Vec<&String> = told
        .iter()
        .filter(|line| line.contains("probe failed ("))
        .collect();
    assert_eq!(
        probes,
        ["Liveness probe failed (3 of 3) [failureThreshold by default, line 18]"]
    );
    let written = LIVENESS.replace("periodSeconds: 5", "failureThreshold: 3");
    session.update(Action::EditText(written.into()));
    let told = story(&mut session, &restarted.key).join("\n");
    assert!(told.contains("[failureThreshold, line 20]"), "{told}");
}

#[test]
fn the_story_of_a_pod_is_not_that_of_the_one_before_it() {
    let mut session = with_text("");
    session.update(Action::LoadScenario("24-unschedulable".into()));
    session.update(Action::Apply);
    let view = run_until(&mut session, 5, |view| lane_sizes(view)[0] == 1);
    let told = story(&mut session, &view.stage.lanes[0].cells[0].key);
    assert_eq!(told[1..], ["Applied Pod default/too-big"]);
}

#[test]
fn the_inspector_counts_the_answers_of_a_probe() {
    let mut session = with_text(LIVENESS);
    session.update(Action::Apply);
    let view = run_until(&mut session, 20, |view| {
        let mut cells = view.stage.lanes[2].cells.iter();
        cells.any(|cell| cell.pips.iter().any(|pips| pips.failures == 2))
    });
    let mut cells = view.stage.lanes[2].cells.iter();
    let failing = cells.find(|cell| cell.pips[0].failures == 2).unwrap();
    assert_eq!(failing.pips[0].results, [false, false]);
    session.update(Action::Select(Some(failing.key.clone())));
    let Inspector::Object(details) = session.view().inspector.as_ref().clone() else {
        panic!("not selected");
    };
    assert_eq!(
        details.containers[0].probes[0].as_ref(),
        "liveness: 2 of 3 failures, next in 5 s"
    );
}

#[test]
fn the_full_disk_of_the_gallery_does_what_it_says() {
    let mut session = Session::new();
    session.update(Action::LoadScenario("40-full-disk".into()));
    session.update(Action::Apply);
    let mut at = |second: u64| {
        let mut statuses = statuses(&seek(&mut session, second));
        statuses.sort();
        let api = session.history().shown().api();
        let node: &crate::api::Node = api.get("", "node-1").unwrap();
        let images = node.status.images.iter().flatten();
        let names = images.filter_map(|image| image.names.as_ref()?.last());
        let has_large = names.into_iter().any(|name| name.contains("perl"));
        (statuses, has_large)
    };
    let [running, evicted] = [["Completed", "Running"], ["Completed", "Error"]];
    assert_eq!(at(400), (running.map(str::to_owned).to_vec(), true));
    assert_eq!(at(600), (running.map(str::to_owned).to_vec(), false));
    assert_eq!(at(1_500), (evicted.map(str::to_owned).to_vec(), false));
}
