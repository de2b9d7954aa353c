//! Routes, the port, and the end.

use axum::{Json, Router, http::StatusCode, routing::get};
use deadpool_postgres::Pool;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{config::Config, db, problem::Problem, unwritten};

/// Serves until SIGTERM; requests that have begun are finished.
pub async fn run() -> Result<(), String> {
    let port = std::env::var("PORT").map_err(|_| "PORT is not set")?;
    let port: u16 = port
        .parse()
        .map_err(|_| "PORT must be a number from 1 to 65535")?;
    // Hand it to your handlers, for instance with `.layer(Extension(Arc::new(config)))`.
    let _config = Config::read()?;
    let pool = db::open().await?;
    let mut term = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let listener = TcpListener::bind(("0.0.0.0", port))
        .await
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!("listening on port {port}");
    axum::serve(listener, app(pool))
        .with_graceful_shutdown(async move {
            term.recv().await;
        })
        .await
        .map_err(|error| error.to_string())
}

fn app(pool: Pool) -> Router {
    Router::new()
        .route("/healthz", get(health))
        // Yours go here, for instance (a handler takes the pool as `State<Pool>`):
        //   .route("/accounts", post(accounts::create))
        .merge(unwritten::routes())
        .fallback(async || {
            Problem(
                StatusCode::NOT_FOUND,
                "There is nothing at this path.".to_owned(),
            )
        })
        .method_not_allowed_fallback(async || {
            let detail = "This path does not know the method.".to_owned();
            Problem(StatusCode::METHOD_NOT_ALLOWED, detail)
        })
        .with_state(pool)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}
