//! The cryptography behind every TLS connection of the grader, chosen once.

/// Makes sure that a provider is set before a client is built: building one without panics.
pub(crate) fn provide() {
    // An error means that somebody was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
