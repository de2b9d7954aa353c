//! What the environment says. A missing or unusable value ends the start with a sentence that names it.

use std::env;

/// All of it, read once.
#[allow(dead_code)] // Take this line out when you have written what needs them.
pub struct Config {
    pub secret: Vec<u8>,
    pub issuer: String,
    pub audience: String,
    pub access_ttl: u32,
    pub refresh_ttl: u32,
    pub reset_ttl: u32,
    pub login_max_attempts: u32,
    pub login_window: u32,
    pub admin_email: String,
    pub admin_password: String,
    /// `host:port`.
    pub smtp: String,
    pub cors_origin: String,
}

impl Config {
    /// Reads it.
    pub fn read() -> Result<Self, String> {
        Ok(Self {
            secret: secret("JWT_SECRET")?,
            issuer: required("JWT_ISSUER")?,
            audience: required("JWT_AUDIENCE")?,
            access_ttl: count("ACCESS_TTL_SECONDS", 900)?,
            refresh_ttl: count("REFRESH_TTL_SECONDS", 1_209_600)?,
            reset_ttl: count("RESET_TTL_SECONDS", 3600)?,
            login_max_attempts: count("LOGIN_MAX_ATTEMPTS", 10)?,
            login_window: count("LOGIN_WINDOW_SECONDS", 60)?,
            admin_email: required("ADMIN_EMAIL")?,
            admin_password: required("ADMIN_PASSWORD")?,
            smtp: mail_server("SMTP_URL")?,
            cors_origin: required("CORS_ORIGIN")?,
        })
    }
}

fn required(name: &str) -> Result<String, String> {
    env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| format!("{name} is not set"))
}

fn secret(name: &str) -> Result<Vec<u8>, String> {
    let secret = required(name)?.into_bytes();
    if secret.len() < 32 {
        return Err(format!(
            "{name} must have 32 bytes or more: try `openssl rand -base64 32`"
        ));
    }
    Ok(secret)
}

fn count(name: &str, usual: u32) -> Result<u32, String> {
    let Ok(text) = env::var(name) else {
        return Ok(usual);
    };
    text.parse()
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| format!("{name} must be a whole number, 1 or more"))
}

fn mail_server(name: &str) -> Result<String, String> {
    let url = required(name)?;
    match url
        .strip_prefix("smtp://")
        .map(|rest| rest.trim_end_matches('/'))
    {
        Some(host) if !host.is_empty() && host.contains(':') => Ok(host.to_owned()),
        Some(host) if !host.is_empty() => Ok(format!("{host}:25")),
        _ => Err(format!(
            "{name} must be a URL such as smtp://localhost:1025"
        )),
    }
}
