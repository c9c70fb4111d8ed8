//! A dashboard of inputs that another machine reads: its server gives the document that
//! `dashboard --once --format json` writes.

use std::time::Duration;

use ureq::Error;

use super::super::{Context, Failure};
use super::reading::{Feed, Fresh, follow};
use crate::assessment::{DashboardDocument, SCHEMA_VERSION};
use crate::dashboard::Scene;
use crate::record::hash64;

/// The longest time that an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The largest document that is taken, in bytes.
const LARGEST: u64 = 64 << 20;

/// Where the token stands that a server may ask for.
const TOKEN: &str = "PERFADVISE_SERVER_TOKEN";

/// A server that is asked again and again.
pub(super) struct Server {
    url: String,
    agent: ureq::Agent,
    token: Option<String>,
}

impl Server {
    /// The server of this address.
    ///
    /// # Errors
    /// It is no address, or holds a secret.
    pub(super) fn new(url: &str) -> Result<Self, Failure> {
        let rest = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        match host {
            None | Some("") => {
                return Err(Failure::new("--server takes an address of HTTP")
                    .help("for example http://127.0.0.1:8080/dashboard.json"));
            }
            // Whoever lists processes would read it.
            Some(host) if host.contains('@') => {
                return Err(Failure::new(
                    "an address on the command line must not hold a password",
                )
                .help(format!("put a token into the environment: {TOKEN}")));
            }
            Some(_) => {}
        }
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIME_LIMIT))
            // A token is for the server that was named.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("perfadvise/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self {
            url: url.to_owned(),
            agent,
            token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        })
    }

    /// What it shows now.
    ///
    /// # Errors
    /// It does not answer, or with something else.
    pub(super) fn once(&self, context: &Context) -> Result<Scene, Failure> {
        let (_, scene) = self.ask()?;
        let at = context.now()?;
        Ok(Scene { at, ..scene })
    }

    /// Goes on asking in a thread of its own.
    pub(super) fn follow(self, refresh: Duration, context: &Context) -> Result<Feed, Failure> {
        let mut known = None;
        follow(refresh, context, move |_, context| {
            let (stamp, scene) = self.ask()?;
            let at = context.now()?;
            if known.replace(stamp) == Some(stamp) {
                return Ok(Fresh::Same(at));
            }
            Ok(Fresh::Scene(Box::new(Scene { at, ..scene })))
        })
    }

    /// What it shows, and a hash of it.
    fn ask(&self) -> Result<(u64, Scene), Failure> {
        let mut request = self
            .agent
            .get(&self.url)
            .header("Accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut answer = request.call().map_err(|error| self.failure(&error))?;
        if !answer.status().is_success() {
            return Err(self.failure(&Error::StatusCode(answer.status().as_u16())));
        }
        let bytes = answer
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_vec()
            .map_err(|error| self.failure(&error))?;
        Ok((hash64(&bytes), self.scene(&bytes)?))
    }

    fn scene(&self, bytes: &[u8]) -> Result<Scene, Failure> {
        let other = |why: String| {
            Failure::new(format!("{}: {why}", self.url)).help(
                "a server gives what perfadvise dashboard --once --format json writes; see docs/dashboard.md",
            )
        };
        let document: DashboardDocument = serde_json::from_slice(bytes).map_err(|error| {
            other(format!(
                "no document of a dashboard (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if document.schema_version > SCHEMA_VERSION {
            return Err(other(format!(
                "a document of version {}; this program knows {SCHEMA_VERSION}",
                document.schema_version
            )));
        }
        Ok(Scene {
            assessment: document.assessment,
            alerts: document
                .alerts
                .ok_or_else(|| document.no_alerts.unwrap_or_default()),
            latest: document.latest,
            at: document.at,
        })
    }

    fn failure(&self, error: &Error) -> Failure {
        let why = match error {
            Error::StatusCode(status @ (401 | 403)) => {
                return Failure::new(format!("{}: it answered with {status}", self.url))
                    .help(format!("a token is taken from {TOKEN}"));
            }
            Error::StatusCode(status) => format!("it answered with {status}"),
            Error::Timeout(_) => format!("no answer in {} s", TIME_LIMIT.as_secs()),
            Error::HostNotFound => "no such host".to_owned(),
            Error::ConnectionFailed => "nobody listens there".to_owned(),
            Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                "nobody listens there".to_owned()
            }
            Error::BodyExceedsLimit(_) => format!("more than {} MiB", LARGEST >> 20),
            other => other.to_string(),
        };
        Failure::new(format!("{}: {why}", self.url))
    }
}

/// What a server has to give so that a dashboard elsewhere shows this.
pub(super) fn document(scene: &Scene) -> DashboardDocument {
    let scene = scene.clone();
    let (alerts, no_alerts) = match scene.alerts {
        Ok(alerts) => (Some(alerts), None),
        Err(why) => (None, Some(why)),
    };
    DashboardDocument {
        schema_version: SCHEMA_VERSION,
        at: scene.at,
        assessment: scene.assessment,
        latest: scene.latest,
        alerts,
        no_alerts,
    }
}
