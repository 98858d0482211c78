//! The key: what each state means and how it is told from the others.

use super::common::State;

/// One state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegendRow {
    /// The state.
    pub state: State,
    /// What it is called here.
    pub word: &'static str,
    /// A STATUS that goes with it.
    pub status: &'static str,
    /// Outline, pattern and motion.
    pub look: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

const fn row(
    state: State,
    word: &'static str,
    status: &'static str,
    look: &'static str,
    meaning: &'static str,
) -> LegendRow {
    LegendRow {
        state,
        word,
        status,
        look,
        meaning,
    }
}

/// All states, in the order of a life.
pub const LEGEND: [LegendRow; 10] = [
    row(
        State::Pending,
        "Pending",
        "Pending",
        "Dashed outline, dots",
        "The API server has it, but no node does: the scheduler has not found one yet.",
    ),
    row(
        State::Creating,
        "Creating",
        "ContainerCreating",
        "Slanted stripes",
        "On its node: volumes, sandbox, images and init containers come first.",
    ),
    row(
        State::NotReady,
        "Not ready",
        "Running 0/1",
        "Dashed outline, level stripes",
        "It runs, but not all of its containers are ready: Services send it no traffic.",
    ),
    row(
        State::Ready,
        "Ready",
        "Running 1/1",
        "Full, a halo that breathes",
        "Every container runs and is ready: Services send it traffic.",
    ),
    row(
        State::Failing,
        "Failing",
        "Error",
        "Cross-hatched",
        "A container ended badly, was killed, or cannot be made; the kubelet is going to try again.",
    ),
    row(
        State::Waiting,
        "Back-off",
        "CrashLoopBackOff",
        "Upright bars; the ring drains",
        "It failed again and again; the next try waits 10 s, then twice as long each time, up to 5 minutes.",
    ),
    row(
        State::Terminating,
        "Terminating",
        "Terminating",
        "Dashed outline, stripes leaning back; the ring drains",
        "Its deletion was asked: it may finish until the grace period is over, then comes SIGKILL.",
    ),
    row(
        State::Done,
        "Completed",
        "Completed",
        "Grey, full",
        "Every container ended with exit code 0, and none is started again.",
    ),
    row(
        State::Failed,
        "Failed",
        "Error, Evicted",
        "Grey, cross-hatched",
        "It ended for good, with an error or evicted; only its owner can make another.",
    ),
    row(
        State::Unknown,
        "Unknown",
        "Unknown",
        "Dots, a dashed hexagon",
        "Its node no longer reports: what is shown is the last that was heard.",
    ),
];

#[cfg(test)]
mod tests {
    use super::LEGEND;

    #[test]
    fn every_state_is_told_once_and_in_its_own_words() {
        for (index, row) in LEGEND.iter().enumerate() {
            for other in &LEGEND[index + 1..] {
                assert_ne!(row.state, other.state);
                assert_ne!(row.look, other.look);
                assert_ne!(row.meaning, other.meaning);
            }
            assert!(
                row.meaning.ends_with('.') && row.meaning.len() < 110,
                "{}",
                row.meaning
            );
        }
    }
}
