//! Tests of shell scripts: what they log, how they end, how long they take.

use super::{Container, spec};
use crate::kernel::SimTime;

/// Runs a script in busybox as `sh -c`: its output, its exit code, and the whole seconds it took.
/// -1 stands for a script that still runs after an hour.
fn check(script: &str, log: &str, exit_code: i32, took_seconds: u64) {
    let mut container =
        Container::start(spec("busybox", &["sh", "-c", script])).expect("sh is there");
    container.run_until(SimTime::from_secs(3_600));
    assert_eq!(container.log, log, "log of {script}");
    match container.exit {
        Some((at, exit)) => {
            assert_eq!(exit.code, exit_code, "exit of {script}");
            assert_eq!(at.as_secs(), took_seconds, "duration of {script}");
        }
        None => assert_eq!(exit_code, -1, "{script} still runs"),
    }
}

#[test]
fn lists_and_conditions() {
    check("echo hello", "hello\n", 0, 0);
    check("sleep 4; exit 1", "", 1, 4);
    check("sleep 0.5; sleep 1m; echo up", "up\n", 0, 60);
    check("true && echo a || echo b", "a\n", 0, 0);
    check("false && echo a || echo b", "b\n", 0, 0);
    check("false || false; echo $?", "1\n", 0, 0);
    check("! true; echo $?", "1\n", 0, 0);
    check(
        "if false; then echo a; elif true; then echo b; else echo c; fi",
        "b\n",
        0,
        0,
    );
    check("if false; then echo a; fi; echo $?", "0\n", 0, 0);
    check("exit 300", "", 44, 0);
    check("false", "", 1, 0);
    check("foo", "sh: foo: not found\n", 127, 0);
    check("foo; echo $?", "sh: foo: not found\n127\n", 0, 0);
    check(
        "echo a; if",
        "sh: syntax error: unexpected end of file\n",
        2,
        0,
    );
    check(
        "echo a\nfi",
        "a\nsh: syntax error: unexpected \"fi\"\n",
        2,
        0,
    );
    check("", "", 0, 0);
}

#[test]
fn loops() {
    check(
        "for i in 1 2 3; do echo $i; sleep 1; done",
        "1\n2\n3\n",
        0,
        3,
    );
    check(
        "i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done",
        "1\n2\n3\n",
        0,
        0,
    );
    check(
        "until [ -f /tmp/x ]; do sleep 2; : > /tmp/x; done; echo ok",
        "ok\n",
        0,
        2,
    );
    check("while true; do echo x; break; done; echo y", "x\ny\n", 0, 0);
    check(
        "for i in 1 2 3 4; do [ $i = 2 ] && continue; echo $i; done",
        "1\n3\n4\n",
        0,
        0,
    );
    check(
        "for i in a b; do for j in 1 2; do echo $i$j; continue 2; done; done",
        "a1\nb1\n",
        0,
        0,
    );
    check(
        "for i in a b; do for j in 1 2; do echo $i$j; break 2; done; done; echo z",
        "a1\nz\n",
        0,
        0,
    );
    check(
        "while sleep 1; do n=$((n+1)); [ $n = 3 ] && exit 7; done",
        "",
        7,
        3,
    );
    check(
        "set -- a 'b c'; for x; do echo \"<$x>\"; done",
        "<a>\n<b c>\n",
        0,
        0,
    );
    check(
        "case abc in x) echo 1;; a*|z) echo 2;; *) echo 3;; esac",
        "2\n",
        0,
        0,
    );
    check(
        "while read a b; do echo \"$b-$a\"; done <<EOF\n1 2\n3 4 5\nEOF",
        "2-1\n4 5-3\n",
        0,
        0,
    );
}

#[test]
fn expansions() {
    check("x=1; echo \"$x ${x}2 '$x' \\$x\"", "1 12 '1' $x\n", 0, 0);
    check("echo '$x' a\\ b", "$x a b\n", 0, 0);
    check(
        "echo ${u:-d} ${u-e} ${u:+f}x; v=1; echo ${v:+g} ${v:-h}",
        "d e x\ng 1\n",
        0,
        0,
    );
    check(": ${u:=new}; echo $u", "new\n", 0, 0);
    check(
        "echo ${u:?is missing}; echo no",
        "sh: u: is missing\n",
        2,
        0,
    );
    check(
        "p=/a/b.tar.gz; echo ${p##*/} ${p%.*} ${p%%.*} ${p#/} ${#p}",
        "b.tar.gz /a/b.tar /a/b a/b.tar.gz 11\n",
        0,
        0,
    );
    check(
        "s=hello; echo ${s/l/L} ${s//l/L} ${s:1:3} ${s: -2}",
        "heLlo heLLo ell lo\n",
        0,
        0,
    );
    check(
        "echo $(echo a; echo b) \"$(echo c; echo d)\"",
        "a b c\nd\n",
        0,
        0,
    );
    check("x=$(false); echo $?; y=`echo q`; echo $y", "1\nq\n", 0, 0);
    check("x=$(echo a)$(echo b); echo $x", "ab\n", 0, 0);
    check("i=1; echo $((i++)) $(echo z) $((i))", "1 z 2\n", 0, 0);
    check(
        "set -- a 'b c' d; echo $# $2 \"$*\"; shift; echo $1",
        "3 b c a b c d\nb c\n",
        0,
        0,
    );
    check("IFS=:; x=a:b::c; set -- $x; echo $#-$4", "4-c\n", 0, 0);
    check("echo $((2 + 3 * 4)) $(( (1 << 4) % 5 ))", "14 1\n", 0, 0);
    check("echo $((1/0))", "sh: divide by zero\n", 2, 0);
    check("set -u; echo $nope", "sh: nope: parameter not set\n", 2, 0);
    check(
        "cd /tmp; : > a.txt; : > b.txt; : > .h; echo *.txt /tm[p] 'x*' no*",
        "a.txt b.txt /tmp x* no*\n",
        0,
        0,
    );
    check("echo ~ $HOSTNAME", "/root web-0\n", 0, 0);
    check("echo $$ $0", "1 sh\n", 0, 0);
    check("x='a  b'; echo $x \"$x\"", "a b a  b\n", 0, 0);
    check("echo \"\" | { read x; echo \"[$x]\"; }", "[]\n", 0, 0);
    check("printf '%s=%d\\n' a 1 b 2", "a=1\nb=2\n", 0, 0);
    check("echo -n a; echo -e 'b\\tc'", "ab\tc\n", 0, 0);
    check("echo \"${x:-\"a b\"}\" ${y:-'c  d'}", "a b c  d\n", 0, 0);
}

#[test]
fn functions_and_subshells() {
    check(
        "f() { echo \"$1-$#\"; return 3; }; f a b; echo $?",
        "a-2\n3\n",
        0,
        0,
    );
    check("f() { local x=2; x=3; }; x=1; f; echo $x", "1\n", 0, 0);
    check("x=1; (x=2; echo $x; exit 4); echo $x $?", "2\n1 4\n", 0, 0);
    check("x=1; { x=2; }; echo $x", "2\n", 0, 0);
    check(
        "f() { f; }; f",
        "sh: maximum recursion depth exceeded\n",
        2,
        0,
    );
    check("echo a b | { read x y; echo $y $x; }", "b a\n", 0, 0);
    check(
        "false | true; echo $?; set -o pipefail; false | true; echo $?",
        "0\n1\n",
        0,
        0,
    );
    check("eval 'x=5; echo $x'; echo $x", "5\n5\n", 0, 0);
    check("x=1 y=2; unset x; echo ${x-unset} $y", "unset 2\n", 0, 0);
    check("readonly r=1; r=2; echo no", "sh: r: is read only\n", 2, 0);
}

#[test]
fn options() {
    check("set -e; false; echo no", "", 1, 0);
    check(
        "set -e; if false; then :; fi; false || true; ! true; echo yes",
        "yes\n",
        0,
        0,
    );
    check("set -e; f() { false; echo no; }; f; echo no", "", 1, 0);
    check("set -e; (exit 3); echo no", "", 3, 0);
    check("set -e; x=$(exit 5); echo no", "", 5, 0);
    check("set -x; echo a 'b c'", "+ echo a 'b c'\na b c\n", 0, 0);
    check("while getopts ab:c o; do echo $o $OPTARG; done", "", 0, 0);
    check(
        "set -- -a -b x -c; while getopts ab:c o; do echo $o$OPTARG; done",
        "a\nbx\nc\n",
        0,
        0,
    );
}

#[test]
fn redirections() {
    check(
        "echo a > /tmp/f; echo b >> /tmp/f; while read l; do echo $l; done < /tmp/f",
        "a\nb\n",
        0,
        0,
    );
    check(
        "echo a > /tmp/f; echo b > /tmp/f; read x < /tmp/f; echo $x",
        "b\n",
        0,
        0,
    );
    check(
        "echo gone > /dev/null; echo err >&2; foo 2>/dev/null; echo $?",
        "err\n127\n",
        0,
        0,
    );
    check(
        "{ echo a; echo b >&2; } > /tmp/f 2>&1; read x < /tmp/f; echo $x",
        "a\n",
        0,
        0,
    );
    check(
        "exec > /tmp/f; echo a; exec >&2; read x < /tmp/f; echo $x",
        "a\n",
        0,
        0,
    );
    check(
        "read x < /nope; echo $?",
        "sh: can't open /nope: no such file\n1\n",
        0,
        0,
    );
    check(
        "echo a > /no/f; echo $?",
        "sh: can't create /no/f: nonexistent directory\n1\n",
        0,
        0,
    );
    check("read x <<-'E'\n\t$y z\n\tE\necho \"$x\"", "$y z\n", 0, 0);
    check(
        "y=1; read x <<E\n$y-$((y+1))-$(echo q)\nE\necho \"$x\"",
        "1-2-q\n",
        0,
        0,
    );
    check("echo why > /dev/termination-log; exit 1", "", 1, 0);
    check(
        "echo x > /dev/full; echo $?",
        "sh: write error: No space left on device\n1\n",
        0,
        0,
    );
}

#[test]
fn children_and_traps() {
    check("sleep 3 & sleep 1; wait; echo done", "done\n", 0, 3);
    check("(sleep 2; exit 5) & wait $!; echo $?", "5\n", 0, 2);
    check("sleep 100 & kill $!; wait $!; echo $?", "143\n", 0, 0);
    check("trap 'echo bye' EXIT; echo hi; exit 3", "hi\nbye\n", 3, 0);
    check("trap 'echo bye' EXIT; echo hi", "hi\nbye\n", 0, 0);
    check(
        "trap 'echo got; exit 9' TERM; kill -TERM $$; echo no",
        "got\n",
        9,
        0,
    );
    check(
        "trap 'echo got' USR1; (sleep 1; kill -USR1 1) & sleep 3; echo after",
        "got\nafter\n",
        0,
        3,
    );
    check(
        "trap 'echo got' USR1; (sleep 1; kill -USR1 1) & wait; echo $?",
        "got\n138\n",
        0,
        1,
    );
    check("kill -9 $$; echo alive", "alive\n", 0, 0);
    check(
        "kill 999; echo $?",
        "sh: kill: can't kill pid 999: No such process\n1\n",
        0,
        0,
    );
    check("sh -c 'kill -9 $$'; echo $?", "137\n", 0, 0);
    check("sleep 1 | sleep 2; echo $?", "0\n", 0, 2);
    check(
        "(trap 'echo sub' TERM; sleep 5 & wait) & sleep 1; kill $!; wait; echo end",
        "sub\nend\n",
        0,
        1,
    );
    check("sleep infinity", "", -1, 0);
}

#[test]
fn endless_scripts_are_slowed_down() {
    for script in [
        "while true; do :; done",
        "while :; do x=$(echo a); done",
        "while true; do sleep 0; done",
        ":(){ :|:& };:",
        "f() { f & f & }; f",
        "while true; do echo x > /tmp/f; done",
        "x=aaaaaaaa; while :; do x=$x$x; done",
        "while :; do :; done & while :; do :; done",
    ] {
        let mut container =
            Container::start(spec("busybox", &["sh", "-c", script])).expect("sh is there");
        let calls = container.run_until(SimTime::from_secs(60));
        assert!(calls < 20_000, "{script} took {calls} calls");
    }
}
