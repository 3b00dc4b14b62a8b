//! What a request that fails is told: one shape, and one mapping from kind to status.

use crate::Error;
use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The request makes no sense as it stands.
    Invalid,
    /// It is not for this client.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It is there, but not for this method.
    Method,
    /// The body is larger than allowed.
    TooLarge,
    /// Too many are being served; try again later.
    Busy,
    /// The log or another part does not work now; try again later.
    Unavailable,
    /// A mistake in this program.
    Internal,
}

impl ProblemKind {
    fn status(self) -> StatusCode {
        match self {
            ProblemKind::Invalid => StatusCode::BAD_REQUEST,
            ProblemKind::Forbidden => StatusCode::FORBIDDEN,
            ProblemKind::NotFound => StatusCode::NOT_FOUND,
            ProblemKind::Method => StatusCode::METHOD_NOT_ALLOWED,
            ProblemKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ProblemKind::Busy | ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A problem, for people and for programs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    error: Inner,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProblemDetail)]
struct Inner {
    /// What kind of problem it is.
    kind: ProblemKind,
    /// What is wrong, and what to do.
    message: String,
}

impl Problem {
    /// A problem.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Problem { error: Inner { kind, message: message.into() } }
    }

    /// A request that makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Problem::new(ProblemKind::Invalid, message)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let kind = match (&error, error.kind()) {
            (Error::NoTopic { .. }, _) => ProblemKind::NotFound,
            (_, crate::Kind::User) => ProblemKind::Invalid,
            (_, crate::Kind::External) => ProblemKind::Unavailable,
            (_, crate::Kind::Internal) => ProblemKind::Internal,
        };
        Problem::new(kind, error.to_string())
    }
}

impl From<flow::Error> for Problem {
    fn from(error: flow::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<tokio::task::JoinError> for Problem {
    fn from(error: tokio::task::JoinError) -> Self {
        Problem::new(ProblemKind::Internal, format!("the request was not worked on to its end: {error}"))
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let kind = if large { ProblemKind::TooLarge } else { ProblemKind::Invalid };
        Problem::new(kind, rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.error.kind.status(), Json(self)).into_response()
    }
}
