//! The terminal: taken over, and given back however it ends.

use std::io::{self, Stdout, stdout};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::state::Key;

/// Whether the terminal is taken over. It is given back once: leaving a second time would set the cursor back to where
/// it was, over whatever was said since.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// How long one look for keys takes.
const TICK: Duration = Duration::from_millis(100);

/// A terminal in raw mode with a screen of its own. Dropping it gives back what was there before.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    inputs: Receiver<io::Result<Input>>,
}

/// What came in from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key.
    Key(Key),
    /// The terminal has another size.
    Resized,
    /// Nothing that matters.
    Nothing,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// It cannot be.
    pub(crate) fn enter() -> io::Result<Self> {
        let entered = take().and_then(|()| {
            let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
            Ok((terminal, listen()?))
        });
        match entered {
            Ok((terminal, inputs)) => Ok(Self { terminal, inputs }),
            Err(error) => {
                leave();
                Err(error)
            }
        }
    }

    /// Draws a frame; only what differs from the one before is sent.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn draw(&mut self, frame: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        self.terminal.draw(|f| frame(f.buffer_mut()))?;
        Ok(())
    }

    /// Waits for a key or another size, for so long.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn wait(&self, time: Duration) -> io::Result<Input> {
        match self.inputs.recv_timeout(time) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => Ok(Input::Nothing),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Gives the terminal back, stops this process until somebody continues it, and takes it over again.
    ///
    /// # Errors
    /// The terminal cannot be taken over again.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        leave();
        stop()?;
        take()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Listens to the terminal in a thread of its own: of one that is gone, crossterm reads nothing for ever, and signals
/// must be heard all the same.
fn listen() -> io::Result<Receiver<io::Result<Input>>> {
    let (tell, inputs) = channel();
    let work = move || {
        loop {
            // Whoever asks for the place of the cursor waits for this thread to let go.
            let input = match event::poll(TICK) {
                Ok(false) => continue,
                Ok(true) => event::read().map(input_of),
                Err(error) => Err(error),
            };
            let is_over = input.is_err();
            if tell.send(input).is_err() || is_over {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".into()).spawn(work)?;
    Ok(inputs)
}

fn input_of(event: Event) -> Input {
    match event {
        Event::Key(key) => key_of(key).map_or(Input::Nothing, Input::Key),
        Event::Resize(..) => Input::Resized,
        _ => Input::Nothing,
    }
}

/// Takes the terminal over.
fn take() -> io::Result<()> {
    IS_TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)
}

/// Gives the terminal back. May be called at any time, and more than once.
fn leave() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing can be done for a terminal that is gone.
    let _ = disable_raw_mode();
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
}

#[cfg(unix)]
fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
}

#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// What a panic said in a thread that has no terminal to give back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overheard(Arc<Mutex<Option<String>>>);

impl Overheard {
    /// It, where there was one.
    pub(crate) fn get(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// From now on a panic of this thread gives the terminal back before it is told. What another thread panics of is not
/// printed over the screen, but kept for whoever ends it.
pub(crate) fn guard() -> Overheard {
    let before = std::panic::take_hook();
    let overheard = Overheard::default();
    let told = overheard.clone();
    let drawing = thread::current().id();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        on_panic(
            drawing,
            thread::current().id(),
            leave,
            || before(info),
            || {
                *told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
            },
        );
    }));
    overheard
}

/// The order of things in a panic.
fn on_panic(
    drawing: ThreadId,
    panicking: ThreadId,
    leave: impl FnOnce(),
    tell: impl FnOnce(),
    keep: impl FnOnce(),
) {
    if drawing == panicking {
        leave();
        tell();
    } else {
        keep();
    }
}

/// A key as [`super::state`] knows it.
fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c') if has_control => Key::Interrupt,
        KeyCode::Char('z') if has_control => Key::Suspend,
        KeyCode::Char(_) if has_control => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left | KeyCode::BackTab => Key::Back,
        KeyCode::Right | KeyCode::Tab => Key::Next,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn the_terminal_comes_back_before_a_panic_is_told() {
        let this = thread::current().id();
        let Ok(other) = thread::spawn(|| thread::current().id()).join() else {
            panic!("a thread that only names itself");
        };
        for (panicking, expected) in [(this, vec!["leave", "tell"]), (other, vec!["keep"])] {
            let done = RefCell::new(Vec::new());
            let note = |what| done.borrow_mut().push(what);
            on_panic(
                this,
                panicking,
                || note("leave"),
                || note("tell"),
                || note("keep"),
            );
            assert_eq!(done.into_inner(), expected);
        }
    }

    #[test]
    fn keys() {
        let of = |code, modifiers| key_of(KeyEvent::new(code, modifiers));
        let plain = KeyModifiers::NONE;
        assert_eq!(
            of(KeyCode::Char('E'), KeyModifiers::SHIFT),
            Some(Key::Char('E'))
        );
        assert_eq!(
            of(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(Key::Interrupt)
        );
        assert_eq!(
            of(KeyCode::Char('z'), KeyModifiers::CONTROL),
            Some(Key::Suspend)
        );
        assert_eq!(of(KeyCode::Char('e'), KeyModifiers::CONTROL), None);
        assert_eq!(of(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Key::Back));
        assert_eq!(of(KeyCode::F(1), plain), None);
    }
}
