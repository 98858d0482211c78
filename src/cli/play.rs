//! `podarium play`: runs a scenario or a manifest, and prints what happens.

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use podarium::api::{Kind, ObjectKey};
use podarium::kernel::SimTime;
use podarium::kernel::trace::Entry;
use podarium::kubectl;
use podarium::session::cluster::{Actor, Change, Client, Step, World};
use serde_json::json;

use super::scenario::{Deed, Scenario};

/// Events between two looks at what happened; bounds what is held in memory.
const CHUNK: usize = 10_000;

/// Runs the command.
///
/// # Errors
/// Wrong arguments, a file that cannot be read, a scenario that is not one.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let options = Options::read(arguments)?;
    let text = std::fs::read_to_string(&options.file)
        .map_err(|error| format!("{}: {error}", options.file))?;
    let scenario = Scenario::read(&text).map_err(|error| format!("{}: {error}", options.file))?;
    let mut output = Output {
        watch: options.watch,
        colour: std::io::stdout().is_terminal(),
        out: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
    };
    let length = options.length.unwrap_or(scenario.length);
    match play(&scenario, options.seed, length, &mut output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Whoever reads has seen enough: `podarium play … | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Debug, PartialEq)]
struct Options {
    file: String,
    length: Option<Duration>,
    seed: u64,
    watch: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let (mut file, mut length, mut seed, mut watch) = (None, None, 1, false);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (argument.as_str(), None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| arguments.next().cloned())
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name {
                "--watch" => watch = true,
                "--for" => length = Some(duration(&value()?)?),
                "--seed" => {
                    let text = value()?;
                    seed = text
                        .parse()
                        .map_err(|_| format!("--seed {text:?} is not a number"))?;
                }
                _ if name.starts_with('-') => return Err(format!("unknown option {name}")),
                _ if file.is_none() => file = Some(argument.clone()),
                _ => return Err("play takes one file".to_owned()),
            }
        }
        Ok(Self {
            file: file.ok_or("play needs a file")?,
            length,
            seed,
            watch,
        })
    }
}

/// `90`, `90s`, `2m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is not a duration such as 90s, 2m or 1h30m");
    let (mut seconds, mut number) = (0_u64, None::<u64>);
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|number| number.checked_add(digit.into()));
            number.ok_or_else(bad)?;
            continue;
        }
        let unit = match character {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return Err(bad()),
        };
        let number = number.take().ok_or_else(bad)?;
        seconds = number
            .checked_mul(unit)
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(bad)?;
    }
    if seconds == 0 && number.is_none() {
        return Err(bad());
    }
    Ok(Duration::from_secs(
        seconds.saturating_add(number.unwrap_or(0)),
    ))
}

/// Boots a cluster, lets it settle, makes the steps and prints what happens from the first step on.
fn play(
    scenario: &Scenario,
    seed: u64,
    length: Duration,
    output: &mut Output<impl Write>,
) -> std::io::Result<()> {
    let epoch = Scenario::epoch();
    let mut world = World::new(&scenario.cluster(seed));
    while !world.run_until(epoch, CHUNK) {}
    world.drain_changes();
    world.drain_steps();
    output.initial(&world)?;
    let end = epoch + length;
    for step in &scenario.steps {
        let at = epoch + step.at;
        if at > end {
            break;
        }
        output.run_until(&mut world, at)?;
        let said = carry_out(&step.deed, &mut world);
        output.drain(&mut world)?;
        if !said.is_empty() {
            output.say(at, &said)?;
        }
    }
    output.run_until(&mut world, end)?;
    output.out.flush()
}

/// Does what a step says; the answer is what kubectl prints.
fn carry_out(deed: &Deed, world: &mut World) -> String {
    let output = match deed {
        Deed::Apply(text) => kubectl::run("apply -f -", text, world),
        Deed::Kubectl(line, stdin) => kubectl::run(line, stdin, world),
        Deed::Fault(fault) => {
            world.fault(fault.clone());
            return String::new();
        }
    };
    output.stdout + &output.stderr
}

/// Where the run is printed to, and how.
struct Output<W> {
    watch: bool,
    colour: bool,
    out: W,
}

impl<W: Write> Output<W> {
    /// The nodes as they are at the first step; only a watcher wants to know.
    fn initial(&mut self, world: &World) -> std::io::Result<()> {
        if !self.watch {
            return Ok(());
        }
        for node in world.api().store().list(Kind::Node, None) {
            let row = json!({"t": 0, "type": "INITIAL", "object": node.to_json()});
            writeln!(self.out, "{row}")?;
        }
        Ok(())
    }

    /// Lets time pass and prints what happens.
    fn run_until(&mut self, world: &mut World, until: SimTime) -> std::io::Result<()> {
        loop {
            let done = world.run_until(until, CHUNK);
            self.drain(world)?;
            if done {
                return Ok(());
            }
        }
    }

    fn drain(&mut self, world: &mut World) -> std::io::Result<()> {
        let (changes, steps) = (world.drain_changes(), world.drain_steps());
        if self.watch {
            return changes.iter().try_for_each(|change| self.row(change));
        }
        steps.iter().try_for_each(|step| self.line(step))
    }

    fn row(&mut self, change: &Change) -> std::io::Result<()> {
        let t = change.at.since(Scenario::epoch()).as_micros() as f64 / 1e6;
        let row = json!({"t": t, "type": change.kind.as_str(), "object": change.object.to_json()});
        writeln!(self.out, "{row}")
    }

    fn line(&mut self, entry: &Entry<Step>) -> std::io::Result<()> {
        let about = entry.what.about.as_ref().map(short).unwrap_or_default();
        let text = emphasised(&entry.what.text, self.colour);
        let time = clock(entry.at);
        let actor = actor(&entry.what.actor);
        let (dim, plain) = if self.colour {
            ("\x1b[2m", "\x1b[0m")
        } else {
            ("", "")
        };
        writeln!(
            self.out,
            "{dim}{time:>10}{plain}  {actor:<22}  {about:<40}  {text}"
        )
    }

    /// What kubectl said: beside the JSON lines, or among the lines for people.
    fn say(&mut self, at: SimTime, said: &str) -> std::io::Result<()> {
        for line in said.lines() {
            if self.watch {
                eprintln!("{}  {line}", clock(at));
            } else {
                writeln!(self.out, "{:>10}  {:<22}  {line}", clock(at), "kubectl")?;
            }
        }
        Ok(())
    }
}

/// Time since the first step.
fn clock(at: SimTime) -> String {
    (SimTime::ZERO + at.since(Scenario::epoch())).to_string()
}

/// `pod/web`; the namespace only where it is not the usual one.
fn short(key: &ObjectKey) -> String {
    let kind = key.kind.info().singular;
    match key.namespace.as_ref() {
        "" | "default" => format!("{kind}/{}", key.name),
        namespace => format!("{kind}/{namespace}/{}", key.name),
    }
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::User => "you".to_owned(),
        Actor::ApiServer => "kube-apiserver".to_owned(),
        Actor::Scheduler => "default-scheduler".to_owned(),
        Actor::Controller(name) => (*name).to_owned(),
        Actor::Kubelet(node) => format!("kubelet, {node}"),
        Actor::Probe(node) => format!("probe, {node}"),
        Actor::Container(node) => format!("container, {node}"),
        Actor::Registry => "registry".to_owned(),
        Actor::Fault => "fault".to_owned(),
    }
}

/// The sentence without its `**`, bold between them where that can be shown.
fn emphasised(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split("**").enumerate() {
        match (index % 2 == 1, colour) {
            (true, true) => out.extend(["\x1b[1m", part, "\x1b[0m"]),
            _ => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(
                duration(text).ok(),
                expect.map(Duration::from_secs),
                "{text}"
            );
        };
        check("90", Some(90));
        check("90s", Some(90));
        check("1h30m", Some(5_400));
        check("0", Some(0));
        for wrong in [
            "",
            "m",
            "2d",
            "-1s",
            "99999999999999999999",
            "9999999999999999999h",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn options_come_in_any_order() {
        let check = |line: &str, expect: Result<Options, &str>| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(
                Options::read(&words),
                expect.map_err(str::to_owned),
                "{line}"
            );
        };
        let options = |seed, watch| Options {
            file: "a.yaml".to_owned(),
            length: Some(Duration::from_secs(120)),
            seed,
            watch,
        };
        check("--watch a.yaml --for 2m --seed 7", Ok(options(7, true)));
        check("--for=2m a.yaml", Ok(options(1, false)));
        check("", Err("play needs a file"));
        check("a.yaml --seed", Err("--seed needs a value"));
        check("a.yaml b.yaml", Err("play takes one file"));
        check("--fast a.yaml", Err("unknown option --fast"));
    }

    #[test]
    fn a_manifest_is_watched_from_the_moment_it_is_applied() {
        let manifest =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast}}";
        let scenario = Scenario::read(manifest).unwrap();
        let mut output = Output {
            watch: true,
            colour: false,
            out: Vec::new(),
        };
        play(&scenario, 1, Duration::from_secs(1), &mut output).unwrap();
        let rows: Vec<serde_json::Value> = String::from_utf8(output.out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|row: &serde_json::Value| row["object"]["kind"] == "ConfigMap")
            .collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (&rows[0]["t"], &rows[0]["type"]),
            (&json!(0.0), &json!("ADDED"))
        );
        assert_eq!(rows[0]["object"]["data"]["mode"], "fast");
    }
}
