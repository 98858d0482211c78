//! The bounds of what a link may ask for: wide for people, narrow enough that no link can keep the program busy.

use std::time::Duration;

use serde_json::Value;

use super::{Damage, input};
use crate::history::LoggedInput;
use crate::history::cluster::MachineConfig;
use crate::kernel::SimTime;

/// The longest text, in bytes.
pub const BYTES: usize = 4 << 20;

const MACHINES: usize = 1_000;
const INPUTS: usize = 2_000;
/// A million cores, in thousandths.
const CPU_MILLIS: u64 = 1_000_000_000;
/// A pebibyte, of memory and of disk.
const BYTES_OF_MACHINE: u64 = 1 << 50;
const PODS: u32 = 100_000;
/// The longest run.
const RUN: Duration = Duration::from_secs(30 * 86_400);

/// Refuses what is larger than `most`.
pub fn size(part: &'static str, size: usize, most: usize) -> Result<(), Damage> {
    if size > most {
        return Err(Damage::TooLarge(part));
    }
    Ok(())
}

/// A moment, in microseconds of simulated time.
pub fn moment(part: &'static str, value: Option<&Value>) -> Result<SimTime, Damage> {
    let micros = value.and_then(Value::as_u64).ok_or(Damage::Part(part))?;
    let moment = SimTime::from_micros(micros);
    if moment.since(SimTime::ZERO) > RUN {
        return Err(Damage::TooLarge(part));
    }
    Ok(moment)
}

/// The machines, each on a line as scenarios write them.
pub fn machines(lines: &[Value]) -> Result<Vec<MachineConfig>, Damage> {
    const PART: &str = "nodes";
    size(PART, lines.len(), MACHINES)?;
    let mut machines = Vec::with_capacity(lines.len());
    for line in lines {
        let machine = line.as_str().and_then(MachineConfig::read);
        let machine = machine.ok_or(Damage::Part(PART))?;
        let is_possible = machine.cpu_millis <= CPU_MILLIS
            && machine.memory_bytes <= BYTES_OF_MACHINE
            && machine.disk_bytes <= BYTES_OF_MACHINE
            && machine.max_pods <= PODS;
        if !is_possible {
            return Err(Damage::TooLarge(PART));
        }
        machines.push(machine);
    }
    Ok(machines)
}

/// The inputs, in order and not after `head`.
pub fn inputs(rows: &[Value], head: SimTime) -> Result<Vec<LoggedInput>, Damage> {
    const PART: &str = "inputs";
    size(PART, rows.len(), INPUTS)?;
    let inputs: Option<Vec<LoggedInput>> = rows.iter().map(input::read).collect();
    let inputs = inputs.ok_or(Damage::Part(PART))?;
    let in_order = inputs.iter().map(|input| input.at).is_sorted();
    let in_time = inputs.last().is_none_or(|last| last.at <= head);
    if in_order && in_time {
        Ok(inputs)
    } else {
        Err(Damage::Part(PART))
    }
}
