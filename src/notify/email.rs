//! Mail by SMTP. The connection is tried before the message is handed over, so that what fails until then may be tried
//! again.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};

use super::{Message, Outcome};
use crate::config::{Email, MailTls};

pub(super) fn send(
    mail: &Email,
    login: Option<(String, String)>,
    timeout: f64,
    message: &Message,
) -> Outcome {
    let built = letter(mail, message).and_then(|letter| {
        let transport = transport(mail, login, timeout)?;
        Ok((letter, transport))
    });
    let (letter, transport) = match built {
        Ok(built) => built,
        Err(reason) => return Outcome::Refused(reason),
    };
    match transport.test_connection() {
        Ok(true) => {}
        Ok(false) => return failed("the server does not answer as one"),
        Err(error) if error.is_permanent() => return Outcome::Refused(reason(&error)),
        Err(error) => return failed(&reason(&error)),
    }
    match transport.send(&letter) {
        Ok(_) => Outcome::Delivered,
        Err(error) if error.is_permanent() => Outcome::Refused(reason(&error)),
        Err(error) if error.is_transient() => failed(&reason(&error)),
        Err(error) => Outcome::Doubtful(reason(&error)),
    }
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed {
        reason: reason.to_owned(),
        after: None,
    }
}

/// What went wrong, without addresses: a server's own words may repeat them.
fn reason(error: &Error) -> String {
    if let Some(code) = error.status() {
        return format!("the server answered with {code}");
    }
    let what = if error.is_timeout() {
        "the server did not answer in time"
    } else if error.is_tls() {
        "no encrypted connection to the server"
    } else if error.is_client() {
        "the server lacks what is asked of it (encryption, a way to log in)"
    } else if error.is_response() {
        "the server answered with what is no SMTP"
    } else {
        "no connection to the server"
    };
    what.to_owned()
}

fn letter(mail: &Email, message: &Message) -> Result<lettre::Message, String> {
    let mailbox = |text: &str| {
        text.parse::<Mailbox>()
            .map_err(|_| "an address is none of mail".to_owned())
    };
    let first = mail.to.first().ok_or("no recipients are named")?;
    let from = mail.from.as_ref().unwrap_or(first);
    let mut builder = lettre::Message::builder()
        .from(mailbox(from.text())?)
        .subject(message.title.replace(['\r', '\n'], " "))
        // The same for the same message, so that a mailbox can tell.
        .message_id(Some(format!("<{}@perfadvise.invalid>", message.id)));
    for to in &mail.to {
        builder = builder.to(mailbox(to.text())?);
    }
    builder
        .header(ContentType::TEXT_PLAIN)
        .body(message.text.clone())
        .map_err(|_| "the message cannot be put together".to_owned())
}

fn transport(
    mail: &Email,
    login: Option<(String, String)>,
    timeout: f64,
) -> Result<SmtpTransport, String> {
    let host = mail.host.as_deref().ok_or("no server is named (host)")?;
    let tls = || -> Result<TlsParameters, String> {
        let mut parameters = TlsParameters::builder(host.to_owned());
        if let Some(path) = &mail.ca_file {
            let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            let certificate =
                Certificate::from_pem(&pem).map_err(|_| format!("{path} holds no certificate"))?;
            parameters = parameters.add_root_certificate(certificate);
        }
        parameters
            .build()
            .map_err(|_| "host is no name of a server".to_owned())
    };
    let (tls, usual_port) = match mail.tls {
        MailTls::StartTls => (Tls::Required(tls()?), 587),
        MailTls::Implicit => (Tls::Wrapper(tls()?), 465),
        MailTls::None => (Tls::None, 25),
    };
    let mut builder = SmtpTransport::builder_dangerous(host)
        .port(mail.port.unwrap_or(usual_port))
        .tls(tls)
        .timeout(Some(Duration::from_secs_f64(timeout)));
    if let Some((user, password)) = login {
        builder = builder.credentials(Credentials::new(user, password));
    }
    Ok(builder.build())
}
