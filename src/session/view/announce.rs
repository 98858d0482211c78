//! What is said aloud: one polite sentence when something changes.

use super::common::Text;

/// The content of the live region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// `mybatis-x7k2p: CrashLoopBackOff, restarts in 51 seconds.` At high speed a summary instead of each change.
    pub text: Text,
    /// Rises with each sentence, so that the same words can be said again.
    pub serial: u64,
}
