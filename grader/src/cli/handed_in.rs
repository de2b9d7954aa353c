//! What a classroom's runner says in its variables (Classroom 50, "Advanced Autograding", contract).

use crate::model::HandedIn;

/// What the runner of Classroom 50 said; none where it is not the one that started us.
pub(super) fn by(variable: impl Fn(&str) -> Option<String>) -> Option<HandedIn> {
    let said = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let commit = said("COMMIT_URL")?;
    Some(HandedIn {
        classroom: said("CLASSROOM")?,
        assignment: said("ASSIGNMENT")?,
        submission: said("SUBMISSION_TAG")?,
        release: said("RELEASE_URL")?,
        review: said("REVIEW_URL").unwrap_or_else(|| commit.clone()),
        commit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_or_nothing() {
        let without = |left_out: &'static str| {
            by(move |name| (name != left_out).then(|| format!("the {name}")))
        };
        let whole = without("").unwrap();
        assert_eq!(
            (whole.classroom.as_str(), whole.review.as_str()),
            ("the CLASSROOM", "the REVIEW_URL")
        );
        assert_eq!(without("REVIEW_URL").unwrap().review, "the COMMIT_URL");
        for name in [
            "CLASSROOM",
            "ASSIGNMENT",
            "SUBMISSION_TAG",
            "COMMIT_URL",
            "RELEASE_URL",
        ] {
            assert_eq!(without(name), None, "{name}");
        }
        assert_eq!(by(|_| Some(" ".to_owned())), None);
    }
}
