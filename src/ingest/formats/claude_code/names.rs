//! The names that a file's records share, interned once.

use super::super::super::document::{is_identifier, is_word};
use super::super::super::json::decode;
use super::super::super::{Input, input::name_of};
use crate::record::{
    Attendance, Catalog, Dimension, Dims, DimsId, Identity, IdentityId, Name, Records,
};

/// Names, dimension sets and identities of one file.
#[derive(Debug)]
pub(in super::super) struct Names {
    labels: Dims,
    interface: Name,
    provider: Name,
    main: Name,
    subagent: Name,
    project: Name,
    attendance: Attendance,
    /// Words of the file as they are written, with their names.
    words: Vec<(Box<[u8]>, Name)>,
    dims: Vec<(Kind, bool, DimsId)>,
    session: (Box<[u8]>, IdentityId),
    fallback: IdentityId,
}

/// What lines told so far, beside the catalog: project, provider, and whether a person waits.
pub(in super::super) type Told = (Name, Name, Attendance);

/// The last folder of a path; that of a drive (`C:\`) has no name. Logs of Windows are read on other systems too.
pub(in super::super) fn last_folder(path: &str) -> &str {
    let folder = name_of(path.trim_end_matches(['/', '\\']));
    let folder = folder.rsplit('\\').next().unwrap_or(folder);
    if folder.len() == 2 && folder.ends_with(':') {
        ""
    } else {
        folder
    }
}

/// What a dimension set belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A request of a model.
    Request(Name),
    /// A call of a tool.
    Tool(Name),
    /// Anything else.
    Other,
}

/// Words that are found by comparing; beyond that the catalog is asked.
const REMEMBERED: usize = 48;

impl Names {
    /// `interface` and `provider` are those of the client that writes the format.
    pub(in super::super) fn new(
        input: &Input<'_>,
        records: &mut Records,
        interface: &str,
        provider: &str,
    ) -> Self {
        let labels = input.labels(records);
        let catalog = &mut records.catalog;
        // A log without session ids is a session of its own.
        let stem = input.name.trim_end_matches(".jsonl");
        let session = if stem.is_empty() { input.path } else { stem };
        let session = catalog.name(session);
        let fallback = catalog.identity(Identity {
            session,
            ..Identity::default()
        });
        Self {
            labels,
            interface: catalog.name(interface),
            provider: catalog.name(provider),
            main: catalog.name("main"),
            subagent: catalog.name("subagent"),
            project: Name::NONE,
            attendance: Attendance::Unknown,
            words: Vec::new(),
            dims: Vec::new(),
            session: (Box::default(), fallback),
            fallback,
        }
    }

    /// What lines told so far, beside the catalog.
    pub(in super::super) fn state(&self) -> Told {
        (self.project, self.provider, self.attendance)
    }

    /// Goes on with what [`Names::state`] gave.
    pub(in super::super) fn restore(
        &mut self,
        (project, provider, attendance): Told,
        catalog: &mut Catalog,
    ) {
        (self.project, self.provider) = (project, provider);
        self.attend(attendance, catalog);
    }

    /// The project is named by the last folder of the first working directory.
    pub(in super::super) fn see_folder(&mut self, cwd: &[u8], catalog: &mut Catalog) {
        if !self.project.is_some() {
            self.enter_folder(cwd, catalog);
        }
    }

    /// The project from here on is named by the last folder of this working directory.
    pub(in super::super) fn enter_folder(&mut self, cwd: &[u8], catalog: &mut Catalog) {
        let Some(cwd) = decode(cwd).filter(|cwd| !cwd.is_empty()) else {
            return;
        };
        let folder = Some(last_folder(&cwd)).filter(|folder| is_word(folder));
        let project = folder.map_or(Name::NONE, |folder| catalog.name(folder));
        if project != self.project {
            self.project = project;
            self.dims.clear();
        }
    }

    /// Whether a person waits for the session from here on.
    pub(in super::super) fn attend(&mut self, attendance: Attendance, catalog: &mut Catalog) {
        if attendance != self.attendance {
            self.attendance = attendance;
            let before = *catalog.identities.get(self.fallback.0);
            self.fallback = catalog.identity(Identity {
                attendance,
                ..before
            });
            self.session = (Box::default(), self.fallback);
        }
    }

    /// The provider of the models from here on.
    pub(in super::super) fn set_provider(&mut self, raw: &[u8], catalog: &mut Catalog) {
        let provider = self.word(raw, catalog);
        if provider.is_some() && provider != self.provider {
            self.provider = provider;
            self.dims.clear();
        }
    }

    /// The name of a word; none if it cannot be decoded, or is no word.
    pub(in super::super) fn word(&mut self, raw: &[u8], catalog: &mut Catalog) -> Name {
        if let Some((_, name)) = self.words.iter().find(|(word, _)| **word == *raw) {
            return *name;
        }
        let word = decode(raw).filter(|text| is_identifier(text));
        let name = word.map_or(Name::NONE, |text| catalog.name(&text));
        if self.words.len() < REMEMBERED {
            self.words.push((raw.into(), name));
        }
        name
    }

    /// The root session of a line.
    pub(in super::super) fn session(&mut self, raw: &[u8], catalog: &mut Catalog) -> IdentityId {
        if raw.is_empty() {
            return self.fallback;
        }
        if *self.session.0 != *raw {
            let word = decode(raw).filter(|text| is_word(text));
            let identity = word.map_or(self.fallback, |text| {
                let session = catalog.name(&text);
                catalog.identity(Identity {
                    session,
                    attendance: self.attendance,
                    ..Identity::default()
                })
            });
            self.session = (raw.into(), identity);
        }
        self.session.1
    }

    /// The dimensions of a record.
    pub(in super::super) fn dims(
        &mut self,
        kind: Kind,
        is_subagent: bool,
        catalog: &mut Catalog,
    ) -> DimsId {
        let known = self
            .dims
            .iter()
            .find(|(k, s, _)| *k == kind && *s == is_subagent);
        if let Some((_, _, dims)) = known {
            return *dims;
        }
        let agent = if is_subagent {
            self.subagent
        } else {
            self.main
        };
        let mut dims = vec![
            (Dimension::Interface, self.interface),
            (Dimension::Agent, agent),
            (Dimension::Project, self.project),
        ];
        match kind {
            Kind::Request(model) => {
                dims.push((Dimension::Model, model));
                dims.push((Dimension::Provider, self.provider));
            }
            Kind::Tool(tool) => dims.push((Dimension::Tool, tool)),
            Kind::Other => {}
        }
        dims.extend(self.labels.iter().copied());
        let dims = catalog.dims(dims);
        self.dims.push((kind, is_subagent, dims));
        dims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_folders() {
        for (path, expected) in [
            ("/home/dev/atlas", "atlas"),
            ("/home/dev/atlas/", "atlas"),
            ("C:\\work\\atlas", "atlas"),
            ("C:\\", ""),
            ("C:", ""),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(last_folder(path), expected, "{path}");
        }
    }
}
