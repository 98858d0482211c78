//! Tests of the small tools.

use std::time::Duration;

use super::{Container, spec};
use crate::cluster::process::{HttpResponse, NetworkReply, Signal};
use crate::kernel::SimTime;

/// Runs a script in an image: its output and its exit code.
fn check_in(name: &str, script: &str, log: &str, exit_code: i32) {
    let mut container = Container::start(spec(name, &["sh", "-c", script])).expect("sh is there");
    container.run_until(SimTime::from_secs(3_600));
    assert_eq!(container.log, log, "log of {script}");
    assert_eq!(
        container.exit.map(|(_, exit)| exit.code),
        Some(exit_code),
        "exit of {script}"
    );
}

fn check(script: &str, log: &str, exit_code: i32) {
    check_in("busybox", script, log, exit_code);
}

#[test]
fn files() {
    check(
        "touch /tmp/healthy; cat /tmp/healthy; rm -f /tmp/healthy; cat /tmp/healthy",
        "cat: can't open '/tmp/healthy': No such file or directory\n",
        1,
    );
    check_in(
        "nginx",
        "cat /nope",
        "cat: /nope: No such file or directory\n",
        1,
    );
    check(
        "mkdir -p /data/a/b && echo x > /data/a/b/f && ls /data/a /data/a/b",
        "/data/a:\nb\n/data/a/b:\nf\n",
        0,
    );
    check(
        "mkdir /tmp",
        "mkdir: can't create directory '/tmp': File exists\n",
        1,
    );
    check(
        "mkdir /a/b",
        "mkdir: can't create directory '/a/b': No such file or directory\n",
        1,
    );
    check(
        "echo 1 > /tmp/a; cp /tmp/a /tmp/b; mv /tmp/a /tmp/c; cat /tmp/b /tmp/c; ls /tmp",
        "1\n1\nb\nc\n",
        0,
    );
    check("rm /tmp", "rm: '/tmp' is a directory\n", 1);
    check("mkdir /tmp/d; touch /tmp/d/x; rm -r /tmp/d; ls /tmp", "", 0);
    check(
        "ln -s /etc/passwd /tmp/l; head -n 1 /tmp/l | cut -d: -f1",
        "root\n",
        0,
    );
    check("basename /a/b.txt .txt; dirname /a/b.txt", "b\n/a\n", 0);
    check(
        "cd /tmp; touch a.log b.txt; find . -name '*.log'",
        "./a.log\n",
        0,
    );
    check(
        "dd if=/dev/zero of=/tmp/big bs=1M count=100 2>/dev/null; stat /tmp/big | grep Size",
        "  Size: 104857600\n",
        0,
    );
    check(
        "cat <<EOF > /tmp/f\na $((1+1))\nEOF\ncat /tmp/f",
        "a 2\n",
        0,
    );
}

#[test]
fn shells_have_their_own_words() {
    let script = "nope; echo $?; read x < /no; echo $?; echo > /no/f";
    let dash = "sh: 1: nope: not found\n127\nsh: 1: cannot open /no: No such file\n2\n\
                sh: 1: cannot create /no/f: Directory nonexistent\n";
    check_in("ubuntu", script, dash, 2);
    let busybox = "sh: nope: not found\n127\nsh: can't open /no: no such file\n1\n\
                   sh: can't create /no/f: nonexistent directory\n";
    check_in("busybox", script, busybox, 1);
    let bash = "bash: line 1: nope: command not found\n127\n\
                bash: line 1: /no: No such file or directory\n1\n";
    check_in(
        "ubuntu",
        "exec bash -c 'nope; echo $?; read x < /no; echo $?'",
        bash,
        0,
    );
}

#[test]
fn filters() {
    check("printf 'b\\na\\nc\\n' | sort | head -n 2", "a\nb\n", 0);
    check("seq 1 5 | tail -n 2; seq 3 | wc -l", "4\n5\n3\n", 0);
    check("seq 10 | grep -c 1; seq 3 | grep -v 2", "2\n1\n3\n", 0);
    check(
        "echo hello | grep -q ell && echo yes; echo x | grep y; echo $?",
        "yes\n1\n",
        0,
    );
    check(
        "echo 'foo bar' | sed 's/o/0/g; s/b\\(.\\)r/<\\1>/'",
        "f00 <a>\n",
        0,
    );
    check(
        "echo 'a b c' | awk '{print $3, $1}'; echo Abc | tr a-z A-Z",
        "c a\nABC\n",
        0,
    );
    check(
        "echo a:b:c | cut -d: -f2-; echo abc | cut -c1,3",
        "b:c\nac\n",
        0,
    );
    check(
        "printf 'a\\na\\nb\\n' | uniq -c",
        "      2 a\n      1 b\n",
        0,
    );
    check("echo a | tee /tmp/t | cat; cat /tmp/t", "a\na\n", 0);
    check("yes | head -n 2", "y\ny\n", 0);
    check("seq 2 | while read n; do echo n$n; done", "n1\nn2\n", 0);
    check("echo a b c | xargs echo x", "x a b c\n", 0);
    check(
        "(while :; do echo l; sleep 1; done > /tmp/log) & sleep 3.5; head -n 2 /tmp/log; kill $!",
        "l\nl\n",
        0,
    );
}

#[test]
fn system() {
    check(
        "date -u +%Y-%m-%dT%H:%M; hostname; whoami; id -u",
        "2026-11-21T18:05\nweb-0\nroot\n0\n",
        0,
    );
    check("sleep 60; date +%s", "1795284400\n", 0);
    check(
        "X=1 env | grep ^X; export Y=2; printenv Y; env Z=3 sh -c 'echo $Z'",
        "X=1\n2\n3\n",
        0,
    );
    check(
        "expr 2 + 3; expr 0; echo $?; which nope; echo $?",
        "5\n0\n1\n1\n",
        0,
    );
    check(
        "timeout 2 sleep 10; echo $?; timeout 5 sleep 1; echo $?",
        "124\n0\n",
        0,
    );
    check(
        "tail -f /dev/null & sleep 1; kill $!; wait $!; echo $?",
        "143\n",
        0,
    );
    check(
        "command -v ls nope; type cd",
        "/bin/ls\ncd is a shell builtin\n",
        0,
    );
    check(
        "ps | grep -c sleep; sleep 5 & ps | grep -v grep | grep -c 'sleep 5'",
        "1\n1\n",
        0,
    );
    check("nohup true; nice -n 5 echo ok", "ok\n", 0);
}

#[test]
fn an_init_hands_signals_on() {
    let mut container = Container::start(spec("example.com/app", &["tini", "--", "sleep", "1000"]))
        .expect("it starts");
    container.run_until(SimTime::from_secs(1));
    container.process.signal(Signal::TERM, container.now);
    container.run_until(SimTime::from_secs(2));
    assert_eq!(container.exit.map(|(_, exit)| exit.code), Some(143));
}

#[test]
fn pi_takes_its_time() {
    let mut container = Container::start(spec(
        "perl:5.34",
        &["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"],
    ))
    .expect("it starts");
    container.run_until(SimTime::from_secs(3));
    assert_eq!(container.exit, None);
    container.run_until(SimTime::from_secs(10));
    assert_eq!(container.exit.map(|(_, exit)| exit.code), Some(0));
    assert!(container.log.starts_with("3.14159265358979"));
    assert_eq!(container.log.len(), 2_002);
}

#[test]
fn memory_is_reported_as_it_grows() {
    let command = [
        "stress",
        "--vm",
        "1",
        "--vm-bytes",
        "250M",
        "--vm-hang",
        "1",
    ];
    let mut container = Container::start(spec("polinux/stress", &command)).expect("it starts");
    container.run_until(SimTime::from_millis(30));
    assert!(container.process.memory_bytes() < 100 << 20);
    container.run_until(SimTime::from_secs(1));
    assert_eq!(container.process.memory_bytes(), 250 << 20);
    container.process.signal(Signal::KILL, container.now);
    container.run_until(SimTime::from_secs(2));
    assert_eq!(container.exit.map(|(_, exit)| exit.code), Some(137));
}

/// Runs a script and answers its requests in order, each after half a second; without an answer
/// the network stays silent.
fn check_network(
    name: &str,
    script: &str,
    replies: &[Option<NetworkReply>],
    log: &str,
    exit_code: i32,
    took_seconds: u64,
) {
    let mut container = Container::start(spec(name, &["sh", "-c", script])).expect("sh is there");
    let mut replies = replies.iter();
    for step in 0..600 {
        container.run_until(SimTime::from_millis(step * 500));
        for request in std::mem::take(&mut container.requests) {
            if let Some(reply) = replies.next().expect("the test answers every request") {
                let at = container.now + Duration::from_millis(10);
                container.process.reply(request.id, reply.clone(), at);
            }
        }
    }
    assert_eq!(container.log, log, "log of {script}");
    let (at, exit) = container.exit.expect("it ends");
    assert_eq!(
        (exit.code, at.as_secs()),
        (exit_code, took_seconds),
        "{script}"
    );
}

fn http(status: u16, body: &str) -> Option<NetworkReply> {
    Some(NetworkReply::Http(HttpResponse::new(status, body)))
}

fn resolved() -> Option<NetworkReply> {
    Some(NetworkReply::Resolved {
        name: "web.default.svc.cluster.local".to_owned(),
        addresses: vec!["10.96.1.2".to_owned()],
    })
}

#[test]
fn the_web_is_asked() {
    check_network(
        "busybox",
        "wget -qO- http://web",
        &[http(200, "hi\n")],
        "hi\n",
        0,
        0,
    );
    check_network(
        "busybox",
        "wget -q -T 5 -O- web:8080/x || echo down",
        &[None],
        "wget: download timed out\ndown\n",
        0,
        5,
    );
    check_network(
        "busybox",
        "wget -O- http://web",
        &[http(500, "")],
        "wget: server returned error: HTTP/1.1 500 Internal Server Error\n",
        1,
        0,
    );
    check_network(
        "busybox",
        "wget http://web; cat index.html",
        &[http(200, "hi\n")],
        "saving to 'index.html'\n'index.html' saved\nhi\n",
        0,
        0,
    );
    check_network(
        "nginx",
        "curl -s -o /dev/null -w '%{http_code}\\n' http://web",
        &[http(503, "")],
        "503\n",
        0,
        0,
    );
    check_network(
        "nginx",
        "curl -sSf http://web",
        &[http(404, "")],
        "curl: (22) The requested URL returned error: 404\n",
        22,
        0,
    );
    check_network(
        "nginx",
        "curl http://nope",
        &[Some(NetworkReply::NoSuchHost)],
        "curl: (6) Could not resolve host: nope\n",
        6,
        0,
    );
    check_network("nginx", "curl -s -m 2 http://web", &[None], "", 28, 2);
}

#[test]
fn names_and_ports_are_asked_for() {
    check_network(
        "busybox",
        "until nslookup web > /dev/null; do echo waiting; sleep 2; done; echo up",
        &[
            Some(NetworkReply::NoSuchHost),
            Some(NetworkReply::NoSuchHost),
            resolved(),
        ],
        "waiting\nwaiting\nup\n",
        0,
        5,
    );
    check_network(
        "busybox",
        "nslookup web",
        &[resolved()],
        "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tweb.default.svc.cluster.local\nAddress: 10.96.1.2\n\n",
        0,
        0,
    );
    check_network(
        "busybox",
        "nc -z -w 1 db 5432 && echo open || echo closed",
        &[Some(NetworkReply::Refused)],
        "closed\n",
        0,
        0,
    );
    check_network(
        "busybox",
        "until nc -z db 5432; do sleep 1; done",
        &[Some(NetworkReply::Refused), Some(NetworkReply::Connected)],
        "",
        0,
        2,
    );
    check_network(
        "redis",
        "redis-cli ping",
        &[Some(NetworkReply::Connected)],
        "PONG\n",
        0,
        0,
    );
}
