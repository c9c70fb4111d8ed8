//! First come, first served by c servers: what requests wait when the number of servers or the time
//! of service is another.
//!
//! Agents are closed loops: the next request of a chain begins when the one before it has ended and its
//! caller has thought, so a shorter answer makes the next request come earlier. A request without a
//! predecessor comes when it came. Times are whole numbers of any unit.
//!
//! Known answers: by hand, and the formulas of Erlang for M/M/c (Gross & Harris, Fundamentals of
//! Queueing Theory, chapter 2), both in the tests.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// When a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// At this time.
    At(i64),
    /// So long after the end of the request of this index, which comes before it in the list.
    After(usize, i64),
}

/// A request for service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// When it comes.
    pub arrival: Arrival,
    /// How long a server is busy with it.
    pub service: i64,
    /// Where it is served: each place has its own servers and its own queue.
    pub place: u32,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served {
    /// When it came.
    pub came: i64,
    /// How long it waited.
    pub waited: i64,
}

/// Serves requests. `servers` are numbers of servers, each from its time on, the first from the
/// beginning, all at least 1. Of requests that come at once the one that stands first in the list is served
/// first. A predecessor that does not stand before its request is none: such a request comes at 0.
///
/// ```
/// use perfadvise::scenario::servers::{Arrival::At, Request, serve};
/// let requests = [(0, 4), (1, 4), (2, 4), (3, 2), (10, 3)]
///     .map(|(at, service)| Request { arrival: At(at), service, place: 0 });
/// let waits: Vec<i64> = serve(&requests, &[(0, 2)]).iter().map(|s| s.waited).collect();
/// assert_eq!(waits, [0, 0, 2, 2, 0]);
/// ```
#[must_use]
pub fn serve(requests: &[Request], servers: &[(i64, usize)]) -> Vec<Served> {
    let mut served = vec![Served::default(); requests.len()];
    let mut followers: Vec<Vec<u32>> = vec![Vec::new(); requests.len()];
    let mut events: BinaryHeap<Reverse<(i64, Kind, usize)>> = BinaryHeap::new();
    for (at, request) in requests.iter().enumerate() {
        match request.arrival {
            Arrival::At(time) => events.push(Reverse((time, Kind::Arrives, at))),
            Arrival::After(before, _) if before < at => {
                followers[before].push(u32::try_from(at).unwrap_or(u32::MAX));
            }
            Arrival::After(..) => events.push(Reverse((0, Kind::Arrives, at))),
        }
    }
    for (at, (time, _)) in servers.iter().enumerate().skip(1) {
        events.push(Reverse((*time, Kind::Servers, at)));
    }
    let mut number = i64::try_from(servers.first().map_or(1, |s| s.1)).unwrap_or(i64::MAX);
    let places = requests.iter().map(|r| r.place).max().unwrap_or(0) as usize + 1;
    let mut free = vec![number; places];
    let mut queues: Vec<VecDeque<usize>> = vec![VecDeque::new(); places];
    while let Some(Reverse((now, kind, index))) = events.pop() {
        match kind {
            Kind::Arrives => {
                served[index].came = now;
                queues[requests[index].place as usize].push_back(index);
            }
            Kind::Ends => {
                free[requests[index].place as usize] += 1;
                for follower in &followers[index] {
                    let follower = *follower as usize;
                    if let Arrival::After(_, think) = requests[follower].arrival {
                        let at = now.saturating_add(think.max(0));
                        events.push(Reverse((at, Kind::Arrives, follower)));
                    }
                }
            }
            Kind::Servers => {
                let next = i64::try_from(servers[index].1).unwrap_or(i64::MAX);
                free.iter_mut().for_each(|f| *f += next - number);
                number = next;
            }
        }
        let concerned = match kind {
            Kind::Servers => 0..places,
            _ => {
                let place = requests[index].place as usize;
                place..place + 1
            }
        };
        for place in concerned {
            while free[place] > 0 {
                let Some(next) = queues[place].pop_front() else {
                    break;
                };
                free[place] -= 1;
                served[next].waited = now - served[next].came;
                let end = now.saturating_add(requests[next].service.max(0));
                events.push(Reverse((end, Kind::Ends, next)));
            }
        }
    }
    served
}

/// How busy servers are with what they serve, over all places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests that were served.
    pub served: u64,
    /// Time in which any server of a place is busy.
    pub busy: i64,
    /// Time in which all of them are: one more request would wait.
    pub full: i64,
}

impl Load {
    /// Of what [`serve`] made of requests.
    #[must_use]
    pub fn of(requests: &[Request], served: &[Served], servers: &[(i64, usize)]) -> Self {
        let mut steps: Vec<(u32, i64, i64)> = Vec::with_capacity(requests.len() * 2);
        for (request, served) in requests.iter().zip(served) {
            let begin = served.came.saturating_add(served.waited);
            let end = begin.saturating_add(request.service.max(0));
            steps.extend([(request.place, begin, 1), (request.place, end, -1)]);
        }
        // Another number of servers ends a stretch, too.
        let places = requests.iter().map(|r| r.place).max();
        for place in places.map_or(0..0, |last| 0..last + 1) {
            let changes = servers.iter().skip(1);
            steps.extend(changes.map(|(time, _)| (place, *time, 0)));
        }
        steps.sort_unstable();
        let mut load = Self {
            served: served.len() as u64,
            ..Self::default()
        };
        for of_place in steps.chunk_by(|a, b| a.0 == b.0) {
            let mut running = 0;
            for (at, (_, time, change)) in of_place.iter().enumerate() {
                running += change;
                let until = of_place.get(at + 1).map_or(*time, |next| next.1);
                let earlier = servers.iter().rev().find(|(from, _)| from <= time);
                let number = earlier.or(servers.first()).map_or(1, |s| s.1);
                if running > 0 {
                    load.busy += until - time;
                }
                if running >= i64::try_from(number).unwrap_or(i64::MAX) {
                    load.full += until - time;
                }
            }
        }
        load
    }

    /// Share of the busy time in which all servers are; `None` where nothing took any time.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn saturation(self) -> Option<f64> {
        (self.busy > 0).then(|| self.full as f64 / self.busy as f64)
    }

    /// Requests served in a unit of busy time; `None` where nothing took any time.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn throughput(self) -> Option<f64> {
        (self.busy > 0).then(|| self.served as f64 / self.busy as f64)
    }
}

/// What happens at a time; of what happens at one time, servers become free before requests come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Servers,
    Ends,
    Arrives,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Arrival::{After, At};
    use super::*;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn requests(list: &[(i64, i64)]) -> Vec<Request> {
        list.iter()
            .map(|(at, service)| Request {
                arrival: At(*at),
                service: *service,
                place: 0,
            })
            .collect()
    }

    /// By hand: mean responses 7.8, 4.2 and 3.6 with one, two and three servers.
    #[test]
    fn three_numbers_of_servers_by_hand() {
        let five = requests(&[(0, 4), (1, 4), (2, 4), (3, 2), (10, 3)]);
        let total = |c: usize| -> i64 {
            let served = serve(&five, &[(0, c)]);
            served
                .iter()
                .zip(&five)
                .map(|(s, r)| s.waited + r.service)
                .sum()
        };
        assert_eq!([total(1), total(2), total(3)], [39, 21, 18]);
    }

    /// By hand. Two servers work at 0-4 and 4-8, 1-5, 5-7, and at 10-13: one of them for 11, both from 1 to 7. Three
    /// work at 0-4, 1-5, 2-6, 4-6 and 10-13: for 9, all from 2 to 5.
    #[test]
    fn how_busy_servers_are_by_hand() {
        let five = requests(&[(0, 4), (1, 4), (2, 4), (3, 2), (10, 3)]);
        let load = |servers: &[(i64, usize)]| {
            let load = Load::of(&five, &serve(&five, servers), servers);
            (load.served, load.busy, load.full)
        };
        assert_eq!(load(&[(0, 1)]), (5, 17, 17));
        assert_eq!(load(&[(0, 2)]), (5, 11, 6));
        assert_eq!(load(&[(0, 3)]), (5, 9, 3));
        // Two up to 6, four from then on: both are busy from 1 to 6.
        assert_eq!(load(&[(0, 2), (6, 4)]), (5, 11, 5));
        // At another place, five more with servers of their own.
        let elsewhere = five.iter().map(|r| Request { place: 1, ..*r });
        let ten: Vec<Request> = five.iter().copied().chain(elsewhere).collect();
        let both = Load::of(&ten, &serve(&ten, &[(0, 2)]), &[(0, 2)]);
        assert_eq!((both.served, both.busy, both.full), (10, 22, 12));
        assert_eq!(both.saturation(), Some(12.0 / 22.0));
        assert_eq!(both.throughput(), Some(10.0 / 22.0));
        assert_eq!(Load::of(&[], &[], &[(0, 2)]).saturation(), None);
    }

    /// By hand: with one server until 5 and two from then on, the third waits until 5.
    #[test]
    fn servers_that_are_added_take_who_waits() {
        let three = requests(&[(0, 4), (1, 6), (2, 3)]);
        let waits: Vec<i64> = serve(&three, &[(0, 1), (5, 2)])
            .iter()
            .map(|s| s.waited)
            .collect();
        assert_eq!(waits, [0, 3, 3]);
    }

    /// By hand: a chain with 10 of thought; the first takes 4, the second comes at 14.
    #[test]
    fn a_chain_comes_when_its_caller_has_thought() {
        let chain = [
            Request {
                arrival: At(0),
                service: 4,
                place: 0,
            },
            Request {
                arrival: After(0, 10),
                service: 5,
                place: 0,
            },
            Request {
                arrival: At(13),
                service: 4,
                place: 0,
            },
        ];
        let served = serve(&chain, &[(0, 1)]);
        assert_eq!((served[1].came, served[1].waited), (14, 3));
        // Faster service of the first lets the second come, and be served, before the third.
        let faster = [
            Request {
                arrival: At(0),
                service: 1,
                place: 0,
            },
            chain[1],
            chain[2],
        ];
        let served = serve(&faster, &[(0, 1)]);
        assert_eq!(
            (served[1].came, served[1].waited, served[2].waited),
            (11, 0, 3)
        );
    }

    /// Erlang's formulas, worked out by tests/reference/replays.py: mean wait and share that waits for
    /// arrivals at 0.8 a second and services of 2 s, with two servers; and others.
    #[test]
    fn random_arrivals_wait_as_erlang_says() {
        let text = include_str!("../../tests/reference/replays.json");
        let reference: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases = reference["erlang"].as_array().unwrap();
        assert!(cases.len() >= 3);
        for case in cases {
            let number = |name: &str| case[name].as_f64().unwrap();
            let c = usize::try_from(case["servers"].as_u64().unwrap()).unwrap();
            let mut random = ChaCha8Rng::seed_from_u64(7);
            let mut exponential = |mean: f64| {
                let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                -mean * (1.0 - unit).ln() * 1e6
            };
            let mut now = 0.0;
            let arrivals: Vec<Request> = (0..400_000)
                .map(|_| {
                    now += exponential(1.0 / number("rate"));
                    #[allow(clippy::cast_possible_truncation)]
                    let (at, service) = (now as i64, exponential(number("service")) as i64);
                    Request {
                        arrival: At(at),
                        service,
                        place: 0,
                    }
                })
                .collect();
            let served = serve(&arrivals, &[(0, c)]);
            let n = served.len() as f64;
            let wait = served.iter().map(|s| s.waited as f64).sum::<f64>() / n / 1e6;
            let waiting = served.iter().filter(|s| s.waited > 0).count() as f64 / n;
            assert!(
                (wait / number("mean_wait") - 1.0).abs() < 0.05,
                "{c}: {wait}"
            );
            assert!(
                (waiting / number("share_waiting") - 1.0).abs() < 0.02,
                "{c}: {waiting}"
            );
        }
    }
}
