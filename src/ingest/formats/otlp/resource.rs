//! What sent the data.

use super::super::super::json::{Cursor, Fault, Value};
use super::value::{Any, attributes};

/// The attributes of a resource that matter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Resource<'a> {
    pub(super) service: &'a [u8],
    pub(super) host: &'a [u8],
    pub(super) session: &'a [u8],
}

impl<'a> Resource<'a> {
    /// The `resource` of the block that was entered.
    pub(super) fn ahead(mut cursor: Cursor<'a>) -> Self {
        Self::find(&mut cursor).unwrap_or_default()
    }

    fn find(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut resource = Resource::default();
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            if key != b"resource" || value != Value::Object {
                cursor.skip(value)?;
                continue;
            }
            while let Some(key) = cursor.key()? {
                if key == b"attributes" {
                    attributes(cursor, |key, value| resource.set(key, value))?;
                } else {
                    cursor.skip_value()?;
                }
            }
            break;
        }
        Ok(resource)
    }

    fn set(&mut self, key: &[u8], value: Any<'a>) {
        match key {
            b"service.name" => self.service = value.text(),
            b"host.name" => self.host = value.text(),
            b"session.id" => self.session = value.text(),
            _ => {}
        }
    }
}
