//! Keys and other names are told apart as wholes.

/// A `match` of a text with names. As patterns they would be compared byte by byte, which takes longer than all else that
/// is done with a key; here they are compared with `==`, in which as many bytes are held against each other as fit.
macro_rules! match_name {
    ($name:expr, {
        $($($literal:literal)|+ $(if $is_so:expr)? => $then:expr,)+
        _ => $other:expr $(,)?
    }) => {
        match $name {
            $(name if ($(name == $literal)||+) $(&& $is_so)? => $then,)+
            _ => $other,
        }
    };
}

pub(crate) use match_name;
