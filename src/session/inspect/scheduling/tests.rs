//! Tests of the account: the articles' lessons about placement, as the screen tells them.

use std::time::Duration;

use expect_test::{Expect, expect};

use crate::kernel::SimTime;
use crate::session::view::inspector::{Body, Inspector, Tab};
use crate::session::view::scheduling::{Cell, Scheduling};
use crate::session::view::{ObjectKey, RichText};
use crate::session::{Action, Session};

/// A scenario of the gallery, applied, some seconds later.
fn run(scenario: &str) -> Session {
    let mut session = Session::new();
    session.update(Action::LoadScenario(scenario.into()));
    session.update(Action::Apply);
    session.update(Action::Play);
    for _ in 0..30 {
        tick(&mut session);
    }
    session
}

fn tick(session: &mut Session) {
    session.update(Action::Tick {
        elapsed: Duration::from_millis(100),
        step_budget: 1_000_000,
    });
}

fn find(session: &mut Session, pod: &str) -> ObjectKey {
    let view = session.view();
    let mut cells = view.stage.lanes.iter().flat_map(|lane| &lane.cells);
    let found = cells.find(|cell| *cell.key.name == *pod);
    found.unwrap().key.clone()
}

fn account(session: &mut Session, key: &ObjectKey) -> Option<Scheduling> {
    session.update(Action::Select(Some(key.clone())));
    session.update(Action::OpenTab(Tab::Node));
    match &*session.view().inspector {
        Inspector::Object(details) => match &details.body {
            Body::Node(told) => Some(told.clone()),
            _ => None,
        },
        Inspector::Overview(_) => None,
    }
}

fn words(text: &RichText) -> String {
    let runs = text.runs.iter().map(|run| &*run.text);
    let links = text.links.iter().map(|link| format!(" [{}]", link.label));
    runs.map(str::to_owned).chain(links).collect()
}

fn print(told: &Scheduling) -> String {
    let mut text = format!("{}\n", told.question);
    for answer in &told.answer {
        text += &format!("{}\n", words(answer));
    }
    for fix in &told.fixes {
        text += &format!("{}: {}\n", told.remedy, words(fix));
    }
    for table in &told.tables {
        let heads: Vec<&str> = table.columns.iter().map(|column| &*column.word).collect();
        text += &format!("{} | {}\n", table.title, heads.join(" | "));
        for row in &table.rows {
            let cells = row.cells.iter().map(|cell| match cell {
                Cell::Passes => "passes".to_owned(),
                Cell::Rejects => "rejects".to_owned(),
                Cell::NotRun => "not run".to_owned(),
                Cell::Score { points, .. } => points.to_string(),
                Cell::Total(total) => total.to_string(),
            });
            let mark = if row.is_chosen { "*" } else { " " };
            let cells: Vec<String> = cells.collect();
            text += &format!(
                "{mark}{} | {} {}\n",
                row.node,
                cells.join(" | "),
                row.reason
            );
        }
        text += &table.rest;
    }
    text.lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn check(scenario: &str, pod: &str, expect: Expect) {
    let mut session = run(scenario);
    let key = find(&mut session, pod);
    let told = account(&mut session, &key).unwrap();
    expect.assert_eq(&print(&told));
}

#[test]
fn three_containers_as_three_pods_or_as_one() {
    check(
        "25-three-pods",
        "app",
        expect![[r#"
            Why node-1?
            app goes to node-1, the only one of 2 nodes that can take it [tolerations by default, line 10] [nodeSelector.kubernetes.io/hostname, line 12] [memory, line 18]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Labels | Resources
            *node-1 | passes | passes | passes | passes
             node-2 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
        "#]],
    );
    check(
        "25-three-pods",
        "log-accumulate",
        expect![[r#"
            Why node-1?
            log-accumulate goes to node-1, the only one of 2 nodes that can take it [tolerations by default, line 24] [nodeSelector.kubernetes.io/hostname, line 26] [memory, line 32]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Labels | Resources
            *node-1 | passes | passes | passes | passes
             node-2 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
        "#]],
    );
    check(
        "25-three-pods",
        "log-analysis",
        expect![[r#"
            Why no node?
            None of 2 nodes can take log-analysis: 1 Insufficient memory, 1 node(s) didn't match Pod's node affinity/selector [nodeSelector.kubernetes.io/hostname, line 40] [memory, line 46]
            Last tried at 0:00.0. It waits for a change that may help.
            node-2 could take it, if you: select kubernetes.io/hostname=node-2 in place of node-1 [line 40]
            Filters: all must pass | Cordon | Taints | Labels | Resources
             node-1 | passes | passes | passes | rejects NodeResourcesFit: Insufficient memory
             node-2 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
        "#]],
    );
    check(
        "26-one-pod",
        "springboot",
        expect![[r#"
            Why node-2?
            springboot goes to node-2, the only one of 2 nodes that can take it [tolerations by default, line 10] [memory, line 16] [memory, line 21] [memory, line 26]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Resources
            *node-2 | passes | passes | passes
             node-1 | passes | passes | rejects NodeResourcesFit: Insufficient memory
        "#]],
    );
}

#[test]
fn labels_of_nodes() {
    check(
        "27-node-labels",
        "in-hangzhou",
        expect![[r#"
            Why node-1?
            in-hangzhou goes to node-1, the only one of 3 nodes that can take it [tolerations by default, line 11] [nodeSelector.topology.kubernetes.io/region, line 13]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Labels | Resources
            *node-1 | passes | passes | passes | passes
             node-2 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
             node-3 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
        "#]],
    );
    check(
        "27-node-labels",
        "on-either-disk",
        expect![[r#"
            Why node-2?
            on-either-disk goes to node-2, the best of 2 nodes that can take it (score 397) [tolerations by default, line 22] [requiredDuringSchedulingIgnoredDuringExecution, line 26]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Labels | Resources
            *node-2 | passes | passes | passes | passes
             node-1 | passes | passes | passes | passes
             node-3 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
            Scores: 0 to 100, by weight | Taints ×3 | Free room ×1 | Image here ×1 | Total
            *node-2 | 100 | 97 | 0 | 397
             node-1 | 100 | 95 | 0 | 395
        "#]],
    );
    check(
        "27-node-labels",
        "nowhere",
        expect![[r#"
            Why no node?
            None of 3 nodes can take nowhere: 3 node(s) didn't match Pod's node affinity/selector [nodeSelector.topology.kubernetes.io/region, line 41]
            Last tried at 0:00.0. It waits for a change that may help.
            node-1 could take it, if you: select topology.kubernetes.io/region=cn-hangzhou in place of eu-central [line 41]
            Filters: all must pass | Cordon | Taints | Labels | Resources
             node-1 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
             node-2 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
             node-3 | passes | passes | rejects | not run NodeAffinity: node(s) didn't match Pod's node affinity/selector
        "#]],
    );
}

#[test]
fn taints_with_and_without_toleration() {
    check(
        "28-taints",
        "without-toleration",
        expect![[r#"
            Why no node?
            None of 2 nodes can take without-toleration: 2 node(s) had untolerated taint(s) [tolerations by default, line 10]
            Last tried at 0:00.0. It waits for a change that may help.
            node-1 could take it, if you: tolerate the taint dedicated=gpu:NoSchedule [line 10]
            Filters: all must pass | Cordon | Taints | Resources
             node-1 | passes | rejects | not run TaintToleration: node(s) had untolerated taint(s)
             node-2 | passes | rejects | not run TaintToleration: node(s) had untolerated taint(s)
        "#]],
    );
    check(
        "28-taints",
        "with-toleration",
        expect![[r#"
            Why node-1?
            with-toleration goes to node-1, picked at random among 2 equally good nodes (score 397) [tolerations, line 21]
            Decided at 0:00.0.
            Filters: all must pass | Cordon | Taints | Resources
            *node-1 | passes | passes | passes
             node-2 | passes | passes | passes
            Scores: 0 to 100, by weight | Taints ×3 | Free room ×1 | Image here ×1 | Total
            *node-1 | 100 | 97 | 0 | 397
             node-2 | 100 | 97 | 0 | 397
        "#]],
    );
}

#[test]
fn claims_draw_pods_to_their_volumes() {
    let mut session = run("39-claims");
    let none = "VolumeBinding: node(s) didn't find available persistent volumes to bind";
    for (pod, question, reasons) in [
        ("with-data", "Why node-2?", ["", none, none]),
        ("without", "Why no node?", [none; 3]),
    ] {
        let key = find(&mut session, pod);
        let told = account(&mut session, &key).unwrap();
        assert_eq!(&*told.question, question);
        let found: Vec<&str> = told.tables[0].rows.iter().map(|row| &*row.reason).collect();
        assert_eq!(found, reasons, "{pod}");
    }
}

#[test]
fn profiles_place_their_pods_by_their_own_scores() {
    let mut session = run("38-scheduler-profiles");
    let view = session.view();
    let (mut spread, mut packed) = (Vec::new(), Vec::new());
    for cell in view.stage.lanes.iter().flat_map(|lane| &lane.cells) {
        let told = account(&mut session, &cell.key).unwrap();
        let columns = &told.tables[1].columns;
        if cell.key.name.starts_with("packed") {
            let words: Vec<&str> = columns.iter().map(|column| &*column.word).collect();
            assert_eq!(words, ["Free room ×1", "Total"]);
            packed.push(told.question);
        } else {
            assert!(columns.len() > 4, "{columns:?}");
            spread.push(told.question);
        }
    }
    for (places, expect) in [(&mut spread, 3), (&mut packed, 1)] {
        assert_eq!(places.len(), 3);
        places.sort();
        places.dedup();
        assert_eq!(places.len(), expect, "{places:?}");
    }
}

#[test]
fn pods_that_the_scheduler_leaves_alone() {
    let mut session = Session::new();
    let pod = |name: &str, field: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  {field}\n  \
             containers: [{{name: main, image: 'nginx:1.27'}}]\n---\n"
        )
    };
    let text = pod("gated", "schedulingGates: [{name: example.com/wait}]")
        + &pod("placed", "nodeName: node-2")
        + &pod("foreign", "schedulerName: my-scheduler");
    session.update(Action::EditText(text.as_str().into()));
    session.update(Action::Apply);
    session.update(Action::Play);
    tick(&mut session);
    let mut texts = String::new();
    for name in ["gated", "placed", "foreign"] {
        let key = find(&mut session, name);
        texts += &print(&account(&mut session, &key).unwrap());
    }
    expect![[r#"
        Not tried yet
        Its scheduling gates hold it back. [line 5]
        Why this node?
        It came with its node: the scheduler was not run. [line 12]
        Why no node?
        No scheduler is called my-scheduler: nobody looks for a node. [line 19]
    "#]]
    .assert_eq(&texts);
}

/// The account belongs to the moment shown, and a replay gives the same one.
#[test]
fn any_moment_has_its_own_account() {
    let mut session = run("25-three-pods");
    let key = find(&mut session, "log-analysis");
    let told = account(&mut session, &key);
    let seek = |session: &mut Session, at: SimTime| {
        session.update(Action::Seek(at));
        while session.view().transport.lagging {
            tick(session);
        }
    };
    seek(&mut session, SimTime::ZERO);
    assert_ne!(account(&mut session, &key), told);
    seek(&mut session, SimTime::from_millis(2_900));
    assert_eq!(account(&mut session, &key), told);
}
