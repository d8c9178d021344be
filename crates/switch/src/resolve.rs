//! Which client of a sound server is which process.
//!
//! A server of PulseAudio's protocol tells its clients' numbers and what they claim, but not at the
//! other end of which of its sockets they are. The kernel tells who is at the other end of each, but not
//! which client that is. Both are told one from another here: by arrival, where somebody watched it;
//! else by what is left when every claim that is true has been matched.

use std::collections::{BTreeMap, BTreeSet};

/// A client, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The server's number for it.
    pub index: u32,
    /// The process that it claims to be.
    pub claimed_pid: Option<i32>,
}

/// A connection, as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The kernel's number for the server's end.
    pub inode: u64,
    /// Processes that hold the other end.
    pub pids: BTreeSet<i32>,
}

/// Client → connections that it can be. `bound` is what was found before, by inode; it gets what is
/// certain from now on.
pub fn resolve(
    clients: &[Client],
    links: &[Link],
    claims: impl Fn(i32, i32) -> bool,
    bound: &mut BTreeMap<u32, u64>,
) -> BTreeMap<u32, BTreeSet<i32>> {
    bound.retain(|index, inode| {
        clients.iter().any(|c| c.index == *index) && links.iter().any(|l| l.inode == *inode)
    });
    let taken: BTreeSet<u64> = bound.values().copied().collect();
    let mut free: Vec<&Link> = links.iter().filter(|l| !taken.contains(&l.inode)).collect();
    let mut open: Vec<&Client> = clients
        .iter()
        .filter(|c| !bound.contains_key(&c.index))
        .collect();
    // Exactly one of each is new: whatever it claims, this is it.
    if let ([client], [link]) = (&open[..], &free[..]) {
        bound.insert(client.index, link.inode);
        (open, free) = (Vec::new(), Vec::new());
    }
    // A claim that only one client makes, and that is true of only one connection, is taken for true: to
    // be wrong here, two clients would have to claim each other's numbers.
    let agrees = |client: &Client, link: &Link| {
        let claimed = client.claimed_pid;
        claimed.is_some_and(|claimed| link.pids.iter().any(|pid| claims(claimed, *pid)))
    };
    let mut found = BTreeMap::new();
    let groups = |client: &Client| -> (usize, Vec<u64>) {
        let same = open
            .iter()
            .filter(|c| c.claimed_pid == client.claimed_pid)
            .count();
        let fits = free.iter().filter(|l| agrees(client, l)).map(|l| l.inode);
        (same, fits.collect())
    };
    let mut settled: BTreeSet<u64> = BTreeSet::new();
    let mut rest = Vec::new();
    for client in &open {
        let (same, fits) = groups(client);
        // So many connections of a process as clients that claim to be it: all of them are.
        if !fits.is_empty() && same == fits.len() {
            let pids = free.iter().filter(|l| fits.contains(&l.inode));
            let pids: BTreeSet<i32> = pids.flat_map(|l| l.pids.iter().copied()).collect();
            settled.extend(&fits);
            if let [inode] = fits[..] {
                bound.insert(client.index, inode);
            }
            found.insert(client.index, pids);
        } else {
            rest.push(*client);
        }
    }
    let left: Vec<&&Link> = free
        .iter()
        .filter(|l| !settled.contains(&l.inode))
        .collect();
    if let ([client], [link]) = (&rest[..], &left[..]) {
        bound.insert(client.index, link.inode);
    } else {
        let pids: BTreeSet<i32> = left.iter().flat_map(|l| l.pids.iter().copied()).collect();
        found.extend(rest.iter().map(|client| (client.index, pids.clone())));
    }
    for (index, inode) in bound.iter() {
        let link = links.iter().find(|l| l.inode == *inode);
        found.insert(*index, link.map(|l| l.pids.clone()).unwrap_or_default());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(index: u32, claimed: i32) -> Client {
        Client {
            index,
            claimed_pid: Some(claimed),
        }
    }

    fn link(inode: u64, pid: i32) -> Link {
        Link {
            inode,
            pids: [pid].into(),
        }
    }

    fn all(clients: &[Client], links: &[Link], bound: &mut BTreeMap<u32, u64>) -> Vec<Vec<i32>> {
        resolve(clients, links, |a, b| a == b, bound)
            .into_values()
            .map(|pids| pids.into_iter().collect())
            .collect()
    }

    #[test]
    fn honest_clients_are_who_they_say() {
        let (clients, links) = (
            [client(1, 10), client(2, 20), client(3, 20)],
            [link(5, 20), link(6, 10), link(7, 20)],
        );
        let found = all(&clients, &links, &mut BTreeMap::new());
        assert_eq!(found, [[10], [20], [20]]);
    }

    #[test]
    fn one_liar_is_what_is_left() {
        let (clients, links) = ([client(1, 10), client(2, 1)], [link(5, 20), link(6, 10)]);
        assert_eq!(all(&clients, &links, &mut BTreeMap::new()), [[10], [20]]);
    }

    #[test]
    fn who_claims_another_client_is_told_by_arrival() {
        let mut bound = BTreeMap::new();
        all(&[client(1, 10)], &[link(6, 10)], &mut bound);
        let (clients, links) = ([client(1, 10), client(2, 10)], [link(5, 20), link(6, 10)]);
        assert_eq!(all(&clients, &links, &mut bound), [[10], [20]]);
        // Whoever did not watch cannot tell the two, and says so.
        let found = all(&clients, &links, &mut BTreeMap::new());
        assert_eq!(found, [[10, 20], [10, 20]]);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut bound = BTreeMap::new();
        all(&[client(1, 10)], &[link(6, 10)], &mut bound);
        all(&[], &[], &mut bound);
        assert!(bound.is_empty());
    }
}
