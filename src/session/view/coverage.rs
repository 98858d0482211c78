//! What is not simulated: the fields that are accepted without effect, for the sheet that says so.

use crate::manifest::effects;

/// Fields that are without effect for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageGroup {
    /// Why, in a few words.
    pub why: &'static str,
    /// `PodSpec.hostIPC`, …
    pub fields: Vec<String>,
}

/// The one table of such fields, grouped by reason, in its order.
#[must_use]
pub fn coverage() -> Vec<CoverageGroup> {
    let mut groups: Vec<CoverageGroup> = Vec::new();
    for row in effects::TABLE {
        let field = format!("{}.{}", row.type_name, row.field);
        match groups.iter_mut().find(|group| group.why == row.why) {
            Some(group) => group.fields.push(field),
            None => groups.push(CoverageGroup {
                why: row.why,
                fields: vec![field],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_shown_once() {
        let groups = coverage();
        assert_eq!(
            groups.iter().map(|group| group.fields.len()).sum::<usize>(),
            effects::TABLE.len()
        );
        assert!(groups.iter().all(|group| !group.why.is_empty()));
    }
}
