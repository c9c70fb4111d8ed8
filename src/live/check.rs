//! Does an address answer, and how fast?

use std::time::{Duration, Instant};

/// How long an answer may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The most of an answer that is read.
const MOST_BYTES: u64 = 1 << 20;

/// The name under which the orchestrator's own page is known.
const VISUALIZER: &str = "visualizer_response_time";

/// An address to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name in reports; of the first address what the orchestrator's monitor calls it.
    pub name: String,
    /// Host and port, for people.
    pub host: String,
    /// Where.
    pub url: String,
}

/// What an address answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Name of the check.
    pub name: String,
    /// Seconds to the end of the answer; `None`: none came in time, or it was no success.
    pub seconds: Option<f64>,
}

impl Check {
    /// Checks of `urls`, named by host and port: the first as the orchestrator's page.
    ///
    /// # Errors
    /// What is no address of HTTP.
    pub fn of(urls: &[String]) -> Result<Vec<Self>, String> {
        let mut checks: Vec<Self> = Vec::new();
        for url in urls {
            let rest = ["http://", "https://"]
                .iter()
                .find_map(|scheme| url.strip_prefix(scheme))
                .filter(|rest| !rest.is_empty() && !rest.starts_with('/'))
                .ok_or_else(|| {
                    format!("{url} is no address: it begins with http:// or https://")
                })?;
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            // A password before the host belongs into no report.
            let host = host.rsplit('@').next().unwrap_or(host);
            let mut name = match checks.is_empty() {
                true => VISUALIZER.to_owned(),
                false => host.to_owned(),
            };
            let mut more = 1;
            while checks.iter().any(|check| check.name == name) {
                more += 1;
                name = format!("{host} {more}");
            }
            checks.push(Self {
                name,
                host: host.to_owned(),
                url: url.clone(),
            });
        }
        Ok(checks)
    }

    /// Asks once.
    #[must_use]
    pub fn ask(&self, agent: &ureq::Agent) -> Checked {
        let begin = Instant::now();
        let answered = agent.get(&self.url).call().and_then(|mut answer| {
            answer
                .body_mut()
                .with_config()
                .limit(MOST_BYTES)
                .read_to_vec()
        });
        let seconds = begin.elapsed().as_secs_f64();
        // A page that is longer than what is read has answered.
        let is_answered = match answered {
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => true,
            Err(error) => {
                tracing::info!(check = self.name, %error, "no answer");
                false
            }
        };
        Checked {
            name: self.name.clone(),
            seconds: is_answered.then_some(seconds),
        }
    }
}

/// Asks all at once: a slow one delays no other.
pub(super) fn ask_all(checks: &[Check], agent: &ureq::Agent) -> Vec<Checked> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = checks
            .iter()
            .map(|check| scope.spawn(move || check.ask(agent)))
            .collect();
        checks
            .iter()
            .zip(asked)
            .map(|(check, asked)| {
                asked.join().unwrap_or_else(|_| Checked {
                    name: check.name.clone(),
                    seconds: None,
                })
            })
            .collect()
    })
}

/// What asks: follows redirects, reads no answer that is no success, and gives up after [`TIME_LIMIT`].
pub(super) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(TIME_LIMIT))
        .user_agent(concat!("perfadvise/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Read, Write};

    fn serve(answer: &'static str) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().take(1) {
                let mut stream = stream.unwrap();
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}/health")
    }

    #[test]
    fn names_tell_addresses_apart_and_no_secrets() {
        let urls = [
            "http://a/x",
            "https://u:secret@b:81/y?z",
            "http://b:81/w",
            "http://c",
        ];
        let checks = Check::of(&urls.map(String::from)).unwrap();
        let names: Vec<&str> = checks.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, [VISUALIZER, "b:81", "b:81 2", "c"]);
        for wrong in ["", "a", "ftp://a", "http://", "http:///x"] {
            assert!(Check::of(&[wrong.into()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_a_refusal_and_nobody() {
        let agent = agent();
        let ask = |url: String| {
            let check = Check {
                name: "x".into(),
                host: "x".into(),
                url,
            };
            check.ask(&agent).seconds
        };
        let fine = ask(serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assert!(fine.is_some_and(|s| s > 0.0 && s < 5.0));
        assert_eq!(
            ask(serve("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")),
            None
        );
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(ask(format!("http://{nobody}/")), None);
    }
}
