//! What somebody looks at, and what a key makes of it.

/// The pages, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Page {
    /// Everything at a glance.
    #[default]
    Overview,
    /// Metrics over time.
    Trends,
    /// Modes and interfaces against each other.
    Compare,
    /// Recommendations.
    Advice,
    /// Sessions.
    Sessions,
    /// Alerts.
    Alerts,
}

impl Page {
    /// All of them.
    pub(crate) const ALL: [Page; 6] = [
        Page::Overview,
        Page::Trends,
        Page::Compare,
        Page::Advice,
        Page::Sessions,
        Page::Alerts,
    ];

    /// Name at the foot of the screen.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Page::Overview => "overview",
            Page::Trends => "trends",
            Page::Compare => "compare",
            Page::Advice => "advice",
            Page::Sessions => "sessions",
            Page::Alerts => "alerts",
        }
    }
}

/// What is chosen on the overview: a row of one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Focus {
    /// Key indicators.
    Indicators,
    /// Alerts.
    Alerts,
    /// Recommendations.
    #[default]
    Advice,
}

impl Focus {
    const ALL: [Focus; 3] = [Focus::Indicators, Focus::Alerts, Focus::Advice];

    /// The list that its rows are of.
    fn list(self) -> List {
        match self {
            Focus::Indicators => List::Indicators,
            Focus::Alerts => List::Of(Page::Alerts),
            Focus::Advice => List::Of(Page::Advice),
        }
    }
}

/// A list in which one row is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Indicators,
    Of(Page),
}

impl List {
    fn index(self) -> usize {
        match self {
            // The overview has no list of its own.
            List::Indicators => Page::Overview as usize,
            List::Of(page) => page as usize,
        }
    }
}

/// A key, whatever the terminal calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A character.
    Char(char),
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left, or back with the tabulator.
    Back,
    /// Right, or the tabulator.
    Next,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// Open.
    Enter,
    /// Back.
    Esc,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
}

/// What a key asks of whoever has the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing beyond the new state.
    Nothing,
    /// To end.
    Quit,
    /// The assessment as a file in this output format.
    Export(&'static str),
    /// To read again now.
    Reread,
    /// To be stopped until it is continued.
    Suspend,
}

/// How much there is to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    /// Rows: of the indicators first, then of each page.
    pub(crate) rows: [usize; 6],
    /// How far the details that are open can be scrolled.
    pub(crate) scroll: usize,
}

impl Extent {
    /// With details that can be scrolled so far.
    pub(crate) fn scrolled(self, scroll: usize) -> Self {
        Self { scroll, ..self }
    }
}

/// Rows by which a screen up or down moves.
const SCREENFUL: usize = 10;

/// What somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// The page.
    pub(crate) page: Page,
    /// What is chosen on the overview.
    pub(crate) focus: Focus,
    /// The row that is chosen of each list.
    chosen: [usize; 6],
    /// Whether the details of what is chosen are shown.
    pub(crate) is_open: bool,
    /// Lines of the details that are above the screen.
    pub(crate) scroll: usize,
    /// Whether the keys are shown.
    pub(crate) has_help: bool,
    /// What was done last, until the next key.
    pub(crate) message: Option<String>,
}

impl State {
    /// A page as it is found.
    pub(crate) fn on(page: Page) -> Self {
        Self::default().to(page)
    }

    /// The indicator that is chosen, among those with a value.
    pub(crate) fn indicator(&self) -> usize {
        self.chosen[List::Indicators.index()]
    }

    /// The row of a page that is chosen.
    pub(crate) fn row(&self, page: Page) -> usize {
        self.chosen[List::Of(page).index()]
    }

    /// With what was just done told.
    pub(crate) fn telling(self, message: String) -> Self {
        Self {
            message: Some(message),
            ..self
        }
    }

    /// Where there is less to choose from than before, the last one is chosen.
    pub(crate) fn within(mut self, extent: &Extent) -> Self {
        for (row, rows) in self.chosen.iter_mut().zip(extent.rows) {
            *row = (*row).min(rows.saturating_sub(1));
        }
        // What is not there cannot be open.
        if extent.rows[self.list().index()] == 0 {
            self.is_open = false;
        }
        self.scroll = self.scroll.min(extent.scroll);
        self
    }

    fn list(&self) -> List {
        match self.page {
            Page::Overview => self.focus.list(),
            page => List::Of(page),
        }
    }

    fn to(self, page: Page) -> Self {
        Self {
            page,
            is_open: false,
            scroll: 0,
            ..self
        }
    }
}

/// What a key makes of a state, and what it asks for.
pub(crate) fn update(state: State, key: Key, extent: &Extent) -> (State, Wish) {
    let state = State {
        message: None,
        ..state
    };
    match key {
        Key::Interrupt => return (state, Wish::Quit),
        Key::Suspend => return (state, Wish::Suspend),
        Key::Char('q') => return (state, Wish::Quit),
        Key::Char('e') => return (state, Wish::Export("markdown")),
        Key::Char('E') => return (state, Wish::Export("json")),
        Key::Char('r') => return (state, Wish::Reread),
        _ => {}
    }
    let state = if state.has_help {
        // Any key takes the help away; those that lead elsewhere do so, too.
        let state = State {
            has_help: false,
            ..state
        };
        if !matches!(key, Key::Char('1'..='6' | 'a')) {
            return (state, Wish::Nothing);
        }
        state
    } else {
        state
    };
    let state = match key {
        Key::Char('?' | 'h') => State {
            has_help: true,
            ..state
        },
        Key::Char('a') => state.to(Page::Alerts),
        Key::Char(digit @ '1'..='6') => {
            let index = digit as usize - '1' as usize;
            state.to(Page::ALL[index])
        }
        Key::Enter => open(state, extent),
        Key::Esc => close(state),
        Key::Up | Key::Char('k') => moved(state, extent, -1),
        Key::Down | Key::Char('j') => moved(state, extent, 1),
        Key::PageUp => moved(state, extent, -(SCREENFUL as isize)),
        Key::PageDown | Key::Char(' ') => moved(state, extent, SCREENFUL as isize),
        Key::Home => moved(state, extent, isize::MIN),
        Key::End => moved(state, extent, isize::MAX),
        Key::Next => aside(state, 1),
        Key::Back => aside(state, Focus::ALL.len() - 1),
        _ => state,
    };
    (state, Wish::Nothing)
}

/// Shows the details of what is chosen; of an alert or a recommendation on its own page.
fn open(state: State, extent: &Extent) -> State {
    if extent.rows[state.list().index()] == 0 || state.is_open {
        return state;
    }
    let page = match (state.page, state.focus.list()) {
        (Page::Overview, List::Of(page)) => page,
        (page, _) => page,
    };
    State {
        is_open: true,
        ..state.to(page)
    }
}

/// One step back: from details to the list, from a list to the overview.
fn close(state: State) -> State {
    let page = if state.is_open {
        state.page
    } else {
        Page::Overview
    };
    state.to(page)
}

/// Scrolls what is open, else chooses another row.
fn moved(mut state: State, extent: &Extent, by: isize) -> State {
    let within = |at: usize, last: usize| at.saturating_add_signed(by).min(last);
    if state.is_open {
        state.scroll = within(state.scroll, extent.scroll);
        return state;
    }
    let list = state.list().index();
    state.chosen[list] = within(state.chosen[list], extent.rows[list].saturating_sub(1));
    state
}

/// To another part of the overview, or to the neighbouring page.
fn aside(state: State, by: usize) -> State {
    if state.page == Page::Overview && !state.is_open {
        let at = Focus::ALL
            .iter()
            .position(|f| *f == state.focus)
            .unwrap_or(0);
        return State {
            focus: Focus::ALL[(at + by) % Focus::ALL.len()],
            ..state
        };
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXTENT: Extent = Extent {
        rows: [8, 9, 12, 3, 40, 2],
        scroll: 5,
    };

    fn after(keys: &[Key]) -> State {
        keys.iter()
            .fold(State::default(), |s, key| update(s, *key, &EXTENT).0)
    }

    #[test]
    fn numbers_lead_to_pages() {
        for (digit, page) in ('1'..='6').zip(Page::ALL) {
            assert_eq!(after(&[Key::Char('5'), Key::Char(digit)]).page, page);
        }
        assert_eq!(after(&[Key::Char('a')]).page, Page::Alerts);
        assert_eq!(after(&[Key::Char('3'), Key::Esc]).page, Page::Overview);
    }

    #[test]
    fn the_choice_stays_within_the_list() {
        let state = after(&[Key::Down, Key::Down, Key::Down, Key::Down]);
        assert_eq!((state.focus, state.row(Page::Advice)), (Focus::Advice, 2));
        let state = after(&[Key::Char('5'), Key::PageDown, Key::End, Key::Up]);
        assert_eq!(state.row(Page::Sessions), 38);
        assert_eq!(
            after(&[Key::Char('5'), Key::End, Key::Home]).row(Page::Sessions),
            0
        );
        let fewer = Extent {
            rows: [8, 9, 12, 3, 7, 2],
            scroll: 0,
        };
        let state = after(&[Key::Char('5'), Key::End]).within(&fewer);
        assert_eq!(state.row(Page::Sessions), 6);
    }

    #[test]
    fn enter_opens_on_the_page_of_what_is_chosen() {
        let state = after(&[Key::Down, Key::Enter]);
        assert_eq!((state.page, state.is_open), (Page::Advice, true));
        assert_eq!(state.row(Page::Advice), 1);
        let state = after(&[Key::Back, Key::Enter]);
        assert_eq!((state.page, state.is_open), (Page::Alerts, true));
        let state = after(&[Key::Next, Key::Down, Key::Enter]);
        assert_eq!((state.page, state.is_open), (Page::Overview, true));
        assert_eq!(state.indicator(), 1);
        let state = after(&[Key::Next, Key::Enter, Key::Down, Key::Down]);
        assert_eq!((state.scroll, state.indicator()), (2, 0));
        let state = after(&[Key::Enter, Key::Esc, Key::Esc]);
        assert_eq!((state.page, state.is_open), (Page::Overview, false));
    }

    #[test]
    fn nothing_opens_where_nothing_is() {
        let none = Extent::default();
        let (state, _) = update(State::default(), Key::Enter, &none);
        assert_eq!(state, State::default());
        let open = after(&[Key::Char('4'), Key::Enter]);
        assert!(open.is_open && !open.within(&none).is_open);
    }

    #[test]
    fn the_help_goes_with_any_key() {
        assert!(after(&[Key::Char('?')]).has_help);
        let state = after(&[Key::Char('?'), Key::Down]);
        assert_eq!((state.has_help, state.row(Page::Advice)), (false, 0));
        assert_eq!(after(&[Key::Char('?'), Key::Char('2')]).page, Page::Trends);
    }

    #[test]
    fn wishes() {
        let wish = |key| update(State::default(), key, &EXTENT).1;
        assert_eq!(wish(Key::Char('q')), Wish::Quit);
        assert_eq!(wish(Key::Interrupt), Wish::Quit);
        assert_eq!(wish(Key::Char('e')), Wish::Export("markdown"));
        assert_eq!(wish(Key::Char('E')), Wish::Export("json"));
        assert_eq!(wish(Key::Char('r')), Wish::Reread);
        assert_eq!(wish(Key::Down), Wish::Nothing);
        let told = State::default().telling("written".into());
        assert_eq!(update(told, Key::Down, &EXTENT).0.message, None);
    }

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![
            proptest::char::range(' ', '~').prop_map(Key::Char),
            Just(Key::Up),
            Just(Key::Down),
            Just(Key::Back),
            Just(Key::Next),
            Just(Key::PageUp),
            Just(Key::PageDown),
            Just(Key::Home),
            Just(Key::End),
            Just(Key::Enter),
            Just(Key::Esc),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_choice_exists(
            keys in proptest::collection::vec(any_key(), 0..60),
            rows in proptest::array::uniform6(0usize..5),
        ) {
            let extent = Extent { rows, scroll: 3 };
            let mut state = State::default();
            for key in keys {
                state = update(state, key, &extent).0;
                for (page, rows) in Page::ALL.into_iter().zip(rows) {
                    prop_assert!(state.row(page) < rows.max(1));
                }
                prop_assert!(state.scroll <= 3);
                prop_assert_eq!(state.clone().within(&extent), state.clone());
            }
            // Back is always possible.
            for _ in 0..3 {
                state = update(state, Key::Esc, &extent).0;
            }
            prop_assert_eq!((state.page, state.is_open, state.has_help), (Page::Overview, false, false));
        }
    }
}
