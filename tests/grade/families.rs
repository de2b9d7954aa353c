//! One flaw of each family of checks, with what a learner reads of it.

/// A flaw with what a learner reads of it, written by hand: what was seen, and a word of each hint.
pub(super) struct Golden {
    pub(super) project: &'static str,
    pub(super) flaw: &'static str,
    pub(super) check: &'static str,
    pub(super) saw: &'static str,
    pub(super) hints: [&'static str; 3],
}

pub(super) const ALL: [Golden; 26] = [
    Golden {
        project: "1-listings",
        flaw: "boot.port-ignored.1",
        check: "boot.port-ignored",
        saw: "it listens on a port of its own choice",
        hints: [
            "Who decides on which port",
            "it comes from the environment",
            "give it the host 0.0.0.0",
        ],
    },
    Golden {
        project: "1-listings",
        flaw: "boot.data-elsewhere.1",
        check: "boot.data-elsewhere",
        saw: "is made and is nowhere in the database",
        hints: [
            "where would the thing you have just made still exist",
            "it is the only place where facts are kept",
            "Search your code for a second store",
        ],
    },
    Golden {
        project: "1-listings",
        flaw: "endpoints.created-differs.1",
        check: "endpoints.created-differs",
        saw: "the city of a venue comes back as another value",
        hints: [
            "At which step between the request",
            "What is acknowledged is what is stored",
            "Print the value on its way in",
        ],
    },
    Golden {
        project: "1-listings",
        flaw: "endpoints.unknown-id-not-404.1",
        check: "endpoints.unknown-id-not-404",
        saw: "to an id that nothing has",
        hints: [
            "What does your query give when no row has this id",
            "An address that names nothing is 404",
            "Look at the number of rows after each SELECT",
        ],
    },
    Golden {
        project: "1-listings",
        flaw: "endpoints.list-repeats.1",
        check: "endpoints.list-repeats",
        saw: "shows a thing twice",
        hints: [
            "do you see twice in a walk with small pages",
            "must begin after the last item",
            "Compare with `>` where the cursor stands",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.fact-stored-twice.1",
        check: "schema.fact-stored-twice",
        saw: "keeps a fact of something else: venue.city with every event",
        hints: [
            "how many rows would have to change",
            "nothing but the key",
            "Drop the copy, keep the reference",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.stale-copy.1",
        check: "schema.stale-copy",
        saw: "the name of a customer was changed, and old answers stay",
        hints: [
            "which tables and which columns have to change",
            "A fact that stands once cannot disagree with itself",
            "join the original wherever a reply shows it",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.reference-without-foreign-key.1",
        check: "schema.reference-without-foreign-key",
        saw: "without a foreign key",
        hints: [
            "deletes the row that this column points at",
            "A reference is a promise",
            "Remove the values that point at nothing",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.type-unfit.1",
        check: "schema.type-unfit",
        saw: "an exact number is kept as `double precision`",
        hints: [
            "Which values does the contract allow that this type cannot hold",
            "A type is the first constraint",
            "Change the type in a migration",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.query-per-row.1",
        check: "schema.query-per-row",
        saw: "statements more for each of its",
        hints: [
            "How many statements does this request send",
            "A loop that queries is a join",
            "replace all of them by a join",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.no-index-path.1",
        check: "schema.no-index-path",
        saw: "nothing finds rows by city",
        hints: [
            "when it cannot know where they lie",
            "An index is a sorted copy",
            "look for Seq Scan with a Filter",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.duplicate-under-race.1",
        check: "schema.duplicate-under-race",
        saw: "equal requests at the same moment make a venue more than once",
        hints: [
            "Two people press the button",
            "a constraint is asked at the write itself",
            "drop the SELECT before the INSERT",
        ],
    },
    Golden {
        project: "2-catalogue",
        flaw: "schema.too-much-privilege.1",
        check: "schema.too-much-privilege",
        saw: "a request changes the schema, or tries to",
        hints: [
            "if the service's role could only read and write rows",
            "A process has the rights that its task needs",
            "move each of them to the release",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.replay-logout.1",
        check: "auth.replay-logout",
        saw: "the access token of a session, after the logout, is let in",
        hints: [
            "What does your service see when the copy comes",
            "Logging out changes something at the server",
            "End the session's row at logout",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.password-policy-missing.1",
        check: "auth.password-policy-missing",
        saw: "a password of one character is accepted",
        hints: [
            "for somebody who sends the request without your page",
            "The server decides what a password must be",
            "Write one rule",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.password-hash-weak.1",
        check: "auth.password-hash-weak",
        saw: "what is kept of a password gives it away",
        hints: [
            "a list of a million passwords",
            "What keeps a password is slow on purpose",
            "Argon2id, scrypt or bcrypt, and store what it gives",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.login-tells-accounts.1",
        check: "auth.login-tells-accounts",
        saw: "a wrong login is answered otherwise where there is an account",
        hints: [
            "What is different between the two replies",
            "A refusal says that it is one",
            "Make one branch for",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.unsigned-token-accepted.1",
        check: "auth.unsigned-token-accepted",
        saw: "a token with alg `none` and no signature is let in as another account",
        hints: [
            "Who says by which algorithm a token is verified",
            "The verifier decides on the algorithm",
            "take every branch on the header's `alg` away",
        ],
    },
    Golden {
        project: "hall-diary",
        flaw: "auth.cookie-unprotected.1",
        check: "auth.cookie-unprotected",
        saw: "scripts of a page can read the session's cookie",
        hints: [
            "Who besides the browser can read the cookie",
            "A cookie is as private as its attributes say",
            "keep the value out of the body",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.other-users-object-readable.1",
        check: "auth.other-users-object-readable",
        saw: "an order of somebody else is shown",
        hints: [
            "Which line of your code notices",
            "Knowing an id is no permission",
            "answer 404 where no row comes",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "auth.origin-not-checked.1",
        check: "auth.origin-not-checked",
        saw: "pages of an unknown origin may read replies",
        hints: [
            "decides whether it may read it",
            "An origin is scheme, host and port together",
            "only when `Origin` equals the configured origin",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.internals-shown.1",
        check: "errors.internals-shown",
        saw: "an error shows what the database said",
        hints: [
            "What would a stranger learn from it",
            "The detail belongs into the log",
            "answer an exception that you do not know with fixed words",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.invalid-body-accepted.1",
        check: "errors.invalid-body-accepted",
        saw: "`capacity` is no whole number: it is taken",
        hints: [
            "bounds does your code never look at",
            "is a rule for every request that carries it",
            "Put the rules of each property in one table",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.injection.1",
        check: "errors.injection",
        saw: "becomes a part of the statement",
        hints: [
            "do you put into the text of a statement",
            "Values are bound, and names are chosen from a list",
            "write placeholders for the values",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.outage-not-survived.1",
        check: "errors.outage-not-survived",
        saw: "401 while the database is away",
        hints: [
            "Stop your database and ask for something",
            "A dependency that is away is a 503",
            "Set the pool's time limit for a connection",
        ],
    },
    Golden {
        project: "3-accounts",
        flaw: "errors.slow-clients-block.1",
        check: "errors.slow-clients-block",
        saw: "keep others from being served",
        hints: [
            "read at the same time",
            "The pace of one client must cost the others nothing",
            "not behind the development server",
        ],
    },
];
