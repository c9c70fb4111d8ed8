//! Reads the inputs, and what was added to them, beside the screen so that keys never wait.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::super::alerts::{self, Inputs};
use super::super::input::InputArgs;
use super::super::progress::Progress;
use super::super::{Colour, Context, Failure};
use super::machine::Present;
use crate::analysis;
use crate::config::Config;
use crate::dashboard::Scene;
use crate::pipeline::{self, Following, Manner, Material, Request};
use crate::record::hash64;
use crate::units::Time;

/// What does not change is looked at anew after this time all the same: the windows of alerts move.
const AT_LEAST_EVERY: f64 = 60.0;

/// Looking takes at most this part of the time: after a long one there is a longer rest.
const REST: u32 = 4;

/// What came of a look at the inputs.
pub(super) enum Fresh {
    /// Something is new.
    Scene(Box<Scene>),
    /// Nothing changed until this time.
    Same(Time),
    /// It could not be read; what was known stays.
    Failed(String),
}

/// What the screen hears from the reading, and how it asks for more.
pub(super) struct Feed {
    /// What came in.
    pub(super) fresh: Receiver<Fresh>,
    /// Asks for a look now. Where this is dropped, the reading ends.
    pub(super) wake: Sender<()>,
}

/// Follows the inputs of a dashboard.
pub(super) struct Reader {
    input: InputArgs,
    machine: Option<Present>,
    following: Following,
    alerts: Inputs,
    /// What is known, and by which configuration.
    known: Option<(u64, Scene)>,
}

/// Everything that is shown, read once.
pub(super) fn once(
    input: &InputArgs,
    context: &Context,
    has_machine: bool,
) -> Result<Scene, Failure> {
    let mut machine = has_machine.then(Present::new).transpose()?;
    let (request, config) = request(input, context)?;
    let at = context.now()?;
    let material = input.read(&request, config, context)?;
    let mut scene = scene(input, &material, &request, &mut Inputs::Once, at, context);
    if let Some(machine) = &mut machine {
        machine.put(&mut scene.latest);
    }
    Ok(scene)
}

impl Reader {
    /// Of inputs, with this machine beside them where that is wanted.
    pub(super) fn new(input: InputArgs, has_machine: bool) -> Result<Self, Failure> {
        Ok(Self {
            input,
            machine: has_machine.then(Present::new).transpose()?,
            following: Following::default(),
            alerts: Inputs::Followed(Box::default()),
            known: None,
        })
    }

    /// Reads for the first time, with progress and warnings as usual.
    pub(super) fn first(&mut self, context: &Context) -> Result<Scene, Failure> {
        match self.look(true, context)? {
            Fresh::Scene(scene) => Ok(*scene),
            Fresh::Same(_) | Fresh::Failed(_) => Err(Failure::new("nothing was read")),
        }
    }

    /// Goes on looking in a thread of its own.
    pub(super) fn follow(mut self, refresh: Duration, context: &Context) -> Result<Feed, Failure> {
        follow(refresh, context, move |is_asked, context| {
            self.look(is_asked, context)
        })
    }

    /// Reads what was added, and judges anew if anything was or if somebody asked.
    fn look(&mut self, is_asked: bool, context: &Context) -> Result<Fresh, Failure> {
        let at = context.now()?;
        let (request, config) = request(&self.input, context)?;
        // Whoever follows takes what is gone for empty; here what was known stays until it is back.
        if let Some(gone) = request.targets.iter().find(|t| !t.path.exists()) {
            return Err(
                Failure::new(format!("{} does not exist", gone.path.display()))
                    .help("name a file or folder that exists"),
            );
        }
        let configured = hash64(format!("{config:?}").as_bytes());
        let is_old = self
            .known
            .as_ref()
            .is_none_or(|(by, scene)| *by != configured || at.since(scene.at).0 >= AT_LEAST_EVERY);
        let manner = Manner {
            cell: None,
            always: is_asked || is_old,
        };
        let progress = Progress::new(&context.globals);
        let found = self
            .following
            .look(&request, config, manner, &|done, total| {
                progress.show(done, total);
            });
        progress.finish();
        let material = found.map_err(|error| context.input_failure(&error))?;
        let Some(material) = material else {
            return Ok(self.same(at));
        };
        super::super::config::warn(&material.warnings, &context.globals);
        let mut scene = scene(
            &self.input,
            &material,
            &request,
            &mut self.alerts,
            at,
            context,
        );
        if let Some(machine) = &mut self.machine {
            machine.put(&mut scene.latest);
        }
        self.known = Some((configured, scene.clone()));
        Ok(Fresh::Scene(Box::new(scene)))
    }

    /// The inputs are as they were; the machine may not be.
    fn same(&mut self, at: Time) -> Fresh {
        match (&mut self.machine, &self.known) {
            (Some(machine), Some((_, known))) => {
                let mut scene = known.clone();
                machine.put(&mut scene.latest);
                scene.at = at;
                Fresh::Scene(Box::new(scene))
            }
            _ => Fresh::Same(at),
        }
    }
}

/// Looks again and again in a thread of its own; `look` is told whether somebody asked.
pub(super) fn follow(
    refresh: Duration,
    context: &Context,
    mut look: impl FnMut(bool, &Context) -> Result<Fresh, Failure> + Send + 'static,
) -> Result<Feed, Failure> {
    let (tell, fresh) = channel();
    let (wake, woken) = channel::<()>();
    // Nothing may be printed over a screen.
    let mut globals = context.globals.clone();
    globals.quiet = true;
    globals.progress = Colour::Never;
    let context = Context::new(globals);
    let work = move || {
        let mut rest = refresh;
        loop {
            let is_asked = match woken.recv_timeout(rest) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let begin = Instant::now();
            let found =
                look(is_asked, &context).unwrap_or_else(|failure| Fresh::Failed(failure.text()));
            rest = refresh.max(begin.elapsed() * REST);
            if tell.send(found).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("reading".into())
        .spawn(work)
        .map_err(|error| Failure::new(format!("no thread can be started: {error}")))?;
    Ok(Feed { fresh, wake })
}

fn request(input: &InputArgs, context: &Context) -> Result<(Request, Config), Failure> {
    let (config, zone) = input.settings(context)?;
    let request = input.request(context, &config, &zone)?;
    Ok((request, config))
}

/// Everything that is shown of what was read.
fn scene(
    input: &InputArgs,
    material: &Material,
    request: &Request,
    inputs: &mut Inputs,
    at: Time,
    context: &Context,
) -> Scene {
    // Where there is no alert, nothing has to be read for them.
    let looked = match material.config.alerts.is_empty() {
        true => Ok(None),
        false => alerts::present(input, inputs, at, context),
    };
    let alerts = match looked {
        Ok(Some(report)) => Ok(report),
        Ok(None) => Err("No alert is configured: alerts_config.yaml, see docs/alerts.md.".into()),
        Err(failure) => Err(failure.text()),
    };
    Scene {
        assessment: pipeline::judge(material, request),
        alerts,
        latest: analysis::latest(&material.workload),
        at,
    }
}
