//! What opencode stores: its database, older files, exports.

use perfadvise::ingest::{Head, Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{EventKind, Flags, OperationKind, Records};

use serde_json::{Value, json};

use super::broken::shown;
use super::{
    bytes_of, detected, folded, folded_at, folder, is_only, reading_of, shown_since, total_of,
};

/// 2026-03-02 08:00:00 UTC.
const BEGIN: i64 = 1_772_438_400_000;

fn events(records: &Records) -> Vec<(EventKind, i64)> {
    let mut events: Vec<(EventKind, i64)> = records
        .events
        .iter()
        .map(|e| (e.kind, e.time.0 / 1_000_000 - BEGIN))
        .collect();
    events.sort_by_key(|(_, time)| *time);
    events
}

/// Written by hand from the script that made the fixtures (`tests/reference/opencode.py`).
#[test]
fn a_database() {
    let reading = reading_of("opencode/opencode.db");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    1900 for 1000 tool_call Error [opencode bash main atlas] ses_main
    2000 for 6900 tool_call Ok [opencode task main atlas] ses_main
    51000 for 0 tool_call Unknown [opencode bash main atlas] ses_main
    5100 for 500 tool_call Ok [opencode read subagent atlas] ses_main
    1900 for 1000 tool_call Error [opencode bash main atlas] ses_fork
    2000 for 6900 tool_call Ok [opencode task main atlas] ses_fork
    100 for 1900 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_main 10/20000/1500/300(0) 18300000e-9 USD
    9100 for 3000 model_request Ok [opencode gpt-5.1-codex openai main atlas] ses_main 700/6000/0/130(50) 2000000e-9 USD
    20100 for 3000 model_request Ok [opencode gpt-5.1-codex openai main atlas] ses_main 100/0/0/90(60) 1000000e-9 USD
    30000 for 500 model_request RateLimited [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    40000 for 1000 model_request Cancelled [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    50100 for 0 model_request Unknown [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    2100 for 3000 model_request Ok [opencode gemini-2.5-pro google subagent atlas] ses_main 3000/1000/0/440(400) 4000000e-9 USD
    100 for 1900 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_fork 10/20000/1500/300(0) 18300000e-9 USD
    60000 for 2000 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_fork 5/0/0/20(0) 300000e-9 USD
    ");
    let records = &reading.records;
    let expected = [
        (EventKind::Prompt, 0),
        (EventKind::Prompt, 0),
        (EventKind::Prompt, 20_000),
        (EventKind::Retry, 30_400),
        (EventKind::Compaction, 50_000),
    ];
    assert_eq!(events(records), expected);
    let subagents = records
        .operations
        .iter()
        .filter(|o| o.flags.has(Flags::SUBAGENT));
    assert_eq!(subagents.count(), 2);
}

/// A fork copies messages; a subagent belongs to the session at its root.
#[test]
fn copies_count_once() {
    let workload = folded("opencode/opencode.db");
    assert_eq!(workload.units.len(), 2);
    // 10 + 700 + 100, 3000 of the subagent, 5 of the fork.
    assert_eq!(total_of(&workload, Metric::InputTokens), 3_815);
    // 300 + 80 + 50 beside + 90, 40 + 400 beside, 20.
    assert_eq!(total_of(&workload, Metric::OutputTokens), 980);
    assert_eq!(total_of(&workload, Metric::ReasoningTokens), 50 + 60 + 400);
    assert_eq!(total_of(&workload, Metric::Cost), 25_600_000);
    // A request, two tools, and a prompt came again.
    assert_eq!(workload.counts.duplicates, 4);
    // An export of one of its sessions gives nothing new.
    let both = tempfile::tempdir().unwrap();
    for file in ["opencode.db", "export.json"] {
        let bytes = bytes_of(&format!("opencode/{file}"));
        std::fs::write(both.path().join(file), bytes).unwrap();
    }
    let again = folded_at(both.path());
    assert_eq!(total_of(&again, Metric::Cost), 25_600_000);
    assert_eq!(total_of(&again, Metric::OutputTokens), 980);
}

/// What is new stands in the log beside the database; nothing is written beside either.
#[test]
fn a_database_that_is_open() {
    let files = detected("opencode/open");
    let expected = ["opencode.db", "opencode.db-wal"];
    assert_eq!(
        files,
        expected.map(|name| (name.to_owned(), Some("opencode")))
    );
    let ingested = folder("opencode/open");
    assert_eq!(ingested.problems, []);
    let records = &ingested.records;
    let requests = records
        .operations
        .iter()
        .filter(|o| o.kind == OperationKind::ModelRequest);
    assert_eq!(requests.count(), 2);

    let alone = tempfile::tempdir().unwrap();
    let bytes = bytes_of("opencode/open/opencode.db");
    std::fs::write(alone.path().join("opencode.db"), &bytes).unwrap();
    let workload = folded_at(alone.path());
    assert_eq!(total_of(&workload, Metric::OutputTokens), 300);
    let left: Vec<_> = std::fs::read_dir(alone.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(
        std::fs::read(alone.path().join("opencode.db")).unwrap(),
        bytes
    );
}

/// The log lies beside the database, not beside a link to it.
#[cfg(unix)]
#[test]
fn a_database_behind_a_link() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["opencode.db", "opencode.db-wal"] {
        let bytes = bytes_of(&format!("opencode/open/{file}"));
        std::fs::write(folder.path().join(file), bytes).unwrap();
    }
    let whole = total_of(&folded_at(folder.path()), Metric::InputTokens);
    let link = folder.path().join("current.db");
    std::os::unix::fs::symlink("opencode.db", &link).unwrap();
    for path in [link.as_path(), folder.path()] {
        assert_eq!(total_of(&folded_at(path), Metric::InputTokens), whole);
    }
    // 10 in the database, 700 in the log.
    assert_eq!(whole, 710);
}

/// Sessions that both tables have are read from the older one.
#[test]
fn a_newer_table_beside_the_older_one() {
    let reading = reading_of("opencode/newer/opencode-next.db");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    1900 for 1000 tool_call Error [opencode bash main atlas] ses_main
    2000 for 6900 tool_call Ok [opencode task main atlas] ses_main
    100 for 1900 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_main 10/20000/1500/300(0) 18300000e-9 USD
    9100 for 3000 model_request Ok [opencode gpt-5.1-codex openai main atlas] ses_main 700/6000/0/130(50) 2000000e-9 USD
    70100 for 4000 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_new 9/500/0/70(0) 2000000e-9 USD
    ");
    assert_eq!(
        events(&reading.records),
        [(EventKind::Prompt, 0), (EventKind::Prompt, 70_000)]
    );
}

/// A copy from before the message's tools were done: its tokens are known, and when it was completed is not.
#[test]
fn an_older_copy_of_a_message_is_the_same_request() {
    let message = |completed: &str| {
        format!(
            r#"{{"id":"msg_1","sessionID":"ses_1","role":"assistant","time":{{"created":1772438400100{completed}}},"modelID":"m","providerID":"p","cost":0.01,"tokens":{{"input":10,"output":100,"reasoning":0,"cache":{{"read":1000,"write":50}}}}}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    for (copy, completed) in [("old", ""), ("new", r#","completed":1772438409000"#)] {
        let path = folder.path().join(copy).join("storage/message/ses_1");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("msg_1.json"), message(completed)).unwrap();
    }
    let workload = folded_at(folder.path());
    assert_eq!(workload.counts.operations, 1);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100);
    assert_eq!(total_of(&workload, Metric::Cost), 10_000_000);
}

/// Parts stand in other files: only replies that are known to have no tools have a time.
#[test]
fn files_of_older_versions() {
    let reading = reading_of("opencode/files");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    100 for 5000 model_request Ok [opencode gpt-5.1-codex openai main birch] ses_old 600/400/0/90(30) 5000000e-9 USD
    6000 for 0 model_request Ok [opencode gemini-2.5-pro google main birch] ses_old 500/0/0/100(80)
    7000 for 250 tool_call Ok [opencode glob main] ses_old
    ");
    assert_eq!(events(&reading.records), [(EventKind::Prompt, 0)]);
    let tool = reading.records.operations.last().unwrap();
    let request = reading
        .records
        .operations
        .iter()
        .find(|o| o.id == tool.parent);
    assert_eq!(request.map(|o| o.kind), Some(OperationKind::ModelRequest));
    assert!(
        detected("opencode/files")
            .iter()
            .all(|(_, format)| *format == Some("opencode"))
    );
}

#[test]
fn an_export() {
    let reading = reading_of("opencode/export.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    1900 for 1000 tool_call Error [opencode bash main atlas] ses_main
    2000 for 6900 tool_call Ok [opencode task main atlas] ses_main
    100 for 1900 model_request Ok [opencode claude-sonnet-4-5 anthropic main atlas] ses_main 10/20000/1500/300(0) 18300000e-9 USD
    9100 for 3000 model_request Ok [opencode gpt-5.1-codex openai main atlas] ses_main 700/6000/0/130(50) 2000000e-9 USD
    20100 for 3000 model_request Ok [opencode gpt-5.1-codex openai main atlas] ses_main 100/0/0/90(60) 1000000e-9 USD
    30000 for 500 model_request RateLimited [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    40000 for 1000 model_request Cancelled [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    51000 for 0 tool_call Unknown [opencode bash main atlas] ses_main
    50100 for 0 model_request Unknown [opencode claude-sonnet-4-5 anthropic main atlas] ses_main
    ");
    let expected = [
        (EventKind::Prompt, 0),
        (EventKind::Prompt, 20_000),
        (EventKind::Retry, 30_400),
        (EventKind::Compaction, 50_000),
    ];
    assert_eq!(events(&reading.records), expected);
}

/// A real database, into which a session was imported that the client had blanked: a project is what only the session
/// still names. Times, tokens and costs are those of the rows.
#[test]
fn a_database_with_a_blanked_session() {
    let reading = reading_of("opencode/imported");
    assert_eq!(reading.faults(), []);
    let begin = 1_785_167_728_061;
    insta::assert_snapshot!(shown_since(&reading, begin), @r"
    15 for 3300 model_request Ok [opencode claude-sonnet-5 anthropic main storefront] ses_1 2/0/12364/37(0) 31284000e-9 USD
    17830 for 2767 model_request Ok [opencode claude-sonnet-5 anthropic main storefront] ses_1 2/12364/56/25(0) 2866800e-9 USD
    159924 for 2733 model_request Ok [opencode claude-sonnet-5 anthropic main storefront] ses_1 2/0/12472/6(0) 31244000e-9 USD
    ");
    let prompts: Vec<(EventKind, i64)> = reading
        .records
        .events
        .iter()
        .map(|e| (e.kind, e.time.0 / 1_000_000 - begin))
        .collect();
    let expected = [0, 17_819, 159_904].map(|ms| (EventKind::Prompt, ms));
    assert_eq!(prompts, expected);
}

/// An export of these messages, each with its parts; times in ms since [`BEGIN`].
fn export_of(messages: &[(&str, Value, Value)]) -> super::Reading {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(role, time, parts)| {
            let info = json!({"role": role, "time": time, "modelID": "m", "providerID": "p"});
            json!({"info": info, "parts": parts})
        })
        .collect();
    let info = json!({"id": "ses_1", "projectID": "prj", "directory": "/w/app", "time": {}});
    let export = json!({"info": info, "messages": messages});
    super::read("opencode", &serde_json::to_vec(&export).unwrap())
}

fn span(start: i64, end: i64) -> Value {
    json!({"start": BEGIN + start, "end": BEGIN + end})
}

fn whole(created: i64, completed: i64) -> Value {
    json!({"created": BEGIN + created, "completed": BEGIN + completed})
}

/// Older clients wrote the time of the abort for begin and end of a tool that ran; newer ones keep its begin. The time
/// between is none of the model.
#[test]
fn a_tool_that_was_broken_off() {
    let broken = |start, end| {
        let state =
            json!({"status": "error", "error": "Tool execution aborted", "time": span(start, end)});
        json!({"type": "tool", "tool": "bash", "callID": "c", "state": state})
    };
    let words = json!({"type": "text", "text": "x", "time": span(3_000, 4_000)});
    let reading = export_of(&[
        (
            "assistant",
            whole(0, 300_000),
            json!([words, broken(299_999, 300_000)]),
        ),
        (
            "assistant",
            whole(400_000, 700_000),
            json!([broken(405_000, 700_000)]),
        ),
        (
            "assistant",
            whole(800_000, 900_000),
            json!([broken(900_000, 900_000)]),
        ),
        (
            "assistant",
            whole(950_000, 960_000),
            json!([{"type": "reasoning", "time": span(951_000, 952_000)}]),
        ),
    ]);
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    299999 for 0 tool_call Cancelled [opencode bash main app] ses_1
    0 for 4000 model_request Ok [opencode m p main app] ses_1
    405000 for 295000 tool_call Cancelled [opencode bash main app] ses_1
    400000 for 5000 model_request Ok [opencode m p main app] ses_1
    900000 for 0 tool_call Cancelled [opencode bash main app] ses_1
    800000 for 0 model_request Ok [opencode m p main app] ses_1
    950000 for 10000 model_request Ok [opencode m p main app] ses_1
    ");
    let known = reading.records.operations.iter().map(|o| o.duration >= 0);
    let expected = [false, true, true, true, false, false, true];
    assert_eq!(known.collect::<Vec<_>>(), expected);
}

/// Real times of 1.1.53: the tool ran while the model still thought.
#[test]
fn a_request_ends_with_the_last_words() {
    let state = json!({"status": "completed", "time": span(7_599, 7_700)});
    let tool = json!({"type": "tool", "tool": "read", "callID": "c", "state": state});
    let thought = json!({"type": "reasoning", "time": span(1_000, 7_795)});
    let reading = export_of(&[("assistant", whole(0, 7_810), json!([tool, thought]))]);
    assert_eq!(reading.records.operations[1].duration, 7_795_000_000);
}

/// What the client says in a person's place is no prompt; what it adds to a person's words does not take them away.
#[test]
fn what_the_client_says_is_no_prompt() {
    let own = json!({"type": "text", "synthetic": true, "text": "x"});
    let words = json!({"type": "text", "text": "x"});
    let reading = export_of(&[
        ("user", whole(0, 0), json!([words, own])),
        (
            "user",
            whole(1, 1),
            json!([{"type": "compaction", "auto": true}]),
        ),
        ("user", whole(2, 2), json!([own])),
        ("user", whole(3, 3), json!([{"type": "file"}])),
    ]);
    let expected = [
        (EventKind::Prompt, 0),
        (EventKind::Compaction, 1),
        (EventKind::Prompt, 3),
    ];
    assert_eq!(events(&reading.records), expected);
}

/// What `opencode export --sanitize` blanked, and the root of a drive, are no projects.
#[test]
fn a_blanked_folder_is_no_project() {
    let whole = String::from_utf8(bytes_of("opencode/export.json")).unwrap();
    let shown = |json: &str| shown_since(&super::read("opencode", json.as_bytes()), BEGIN);
    let blanked = whole.replace("/home/dev/atlas", "[redacted:root:msg_1]");
    assert_eq!(shown(&blanked), shown(&whole).replace(" atlas]", "]"));
    // A message's own root is none: that of the session stays.
    let drive = whole
        .replace(r#""cwd": "/home/dev/atlas""#, r#""cwd": "C:\\""#)
        .replace(r#""root": "/home/dev/atlas""#, r#""root": "/""#);
    assert_ne!(drive, whole);
    assert_eq!(shown(&drive), shown(&whole));
}

#[test]
fn databases_and_files_are_nobody_elses() {
    for path in [
        "opencode.db",
        "imported/opencode.db",
        "newer/opencode-next.db",
        "open/opencode.db-wal",
        "export.json",
        "files/storage/message/ses_old/msg_o2.json",
        "files/storage/part/msg_o3/prt_o1.json",
        "files/storage/session/prj/ses_old.json",
    ] {
        is_only("opencode", &format!("opencode/{path}"));
    }
    // By its tables under any name; another program's database is none.
    let detect = |name: &str, bytes: &[u8]| {
        let head = Head {
            name,
            bytes,
            is_whole: true,
        };
        formats::named("opencode").unwrap().detect(&head)
    };
    assert_eq!(
        detect("copy", &bytes_of("opencode/opencode.db")),
        Likelihood::Yes
    );
    assert_eq!(
        detect("other.db", b"SQLite format 3\0 CREATE TABLE t"),
        Likelihood::No
    );
    assert_eq!(detect("opencode.db-shm", &[0; 64]), Likelihood::Yes);
    assert_eq!(
        detect("x.db-wal", &bytes_of("opencode/open/opencode.db-wal")),
        Likelihood::No
    );
}

#[test]
fn broken_ones_cost_what_the_fault_hits() {
    insta::assert_snapshot!(shown("opencode"), @r"
    cut_off.json: 7 operations, 4 events
        390: cut off in the middle of a value
    deep.json: 9 operations, 4 events
    empty.db: not recognised
    invalid_utf8.json: 9 operations, 4 events
    opencode-cut.db: 
        whole file, 0: a damaged database
    opencode-garbage.db: 
        whole file, 0: a damaged database
    opencode-header.db: 
        whole file, 0: a damaged database
    opencode-page.db: 13 operations, 5 events
        0: the database is damaged, or a table has not the usual columns
    opencode-rows.db: 3 operations
        0: a row whose data are no JSON object
        0: a tool call without a time that can be read
        0: a row whose data are no JSON object
        0: a count of tokens is no whole number
    opencode-tables.db: 
        0: the database is damaged, or a table has not the usual columns
    wrong_type.json: 7 operations, 4 events
        44: a tool call without a time that can be read
        44: a cost is no amount
        141: a message without a time that can be read
        206: a count of tokens is no whole number
    ");
}
