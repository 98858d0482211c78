//! Fields that take one of a few words, and what is usual in maps of amounts.

/// `Type.field` and its values, a line each.
const TABLE: &str = include_str!("enums.txt");

/// The values that a field takes, or the items of it; none where any text may stand.
pub fn values(type_name: &str, field: &str) -> impl Iterator<Item = &'static str> {
    let found = TABLE.lines().find_map(|line| {
        let (name, values) = line.split_once(' ')?;
        let (of, named) = name.split_once('.')?;
        (of == type_name && named == field).then_some(values)
    });
    found.unwrap_or_default().split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn every_line_names_a_field() {
        for line in TABLE.lines() {
            let (name, values) = line.split_once(' ').unwrap_or((line, ""));
            let (of, field) = name.split_once('.').unwrap_or_default();
            assert!(find(of).and_then(|of| of.field(field)).is_some(), "{line}");
            assert!(!values.is_empty(), "{line}");
        }
        assert!(values("PodSpec", "restartPolicy").eq(["Always", "OnFailure", "Never"]));
        assert_eq!(values("PodSpec", "hostname").count(), 0);
    }
}
