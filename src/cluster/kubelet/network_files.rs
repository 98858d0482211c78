//! The files that the kubelet and the runtime make for a pod's network: hosts, resolv.conf, hostname.

use std::rc::Rc;

use crate::api::Pod;

use super::host::Host;

/// The address of the cluster's DNS server.
pub(super) const CLUSTER_DNS: &str = "10.96.0.10";

/// The domain of the cluster.
pub(super) const CLUSTER_DOMAIN: &str = "cluster.local";

/// The paths of these files with their texts.
pub(super) type NetworkFiles = Rc<[(&'static str, Rc<String>)]>;

/// The files of a pod with this address.
pub(super) fn all(pod: &Pod, ip: &str, host: &Host) -> NetworkFiles {
    let name = format!("{}\n", hostname(pod, &host.node));
    Rc::from([
        ("/etc/hosts", Rc::new(hosts(pod, ip, host))),
        ("/etc/resolv.conf", Rc::new(resolv_conf(pod))),
        ("/etc/hostname", Rc::new(name)),
    ])
}

/// The host name of a pod.
pub(super) fn hostname(pod: &Pod, node: &str) -> String {
    if pod.spec.host_network == Some(true) {
        return node.to_owned();
    }
    let own = pod.spec.hostname.as_deref().filter(|name| !name.is_empty());
    let name = pod
        .spec
        .hostname_override
        .as_deref()
        .or(own)
        .unwrap_or_else(|| pod.name());
    if pod.spec.set_hostname_as_fqdn == Some(true)
        && let Some(full) = full_name(pod)
    {
        return full;
    }
    // kubelet: 63 characters at most, without a dash or dot at the end.
    let cut: String = name.chars().take(63).collect();
    cut.trim_end_matches(['-', '.']).to_owned()
}

/// `web-0.web.default.svc.cluster.local`, if the pod has a subdomain.
fn full_name(pod: &Pod) -> Option<String> {
    let subdomain = pod
        .spec
        .subdomain
        .as_deref()
        .filter(|name| !name.is_empty())?;
    let own = pod.spec.hostname.as_deref().filter(|name| !name.is_empty());
    let name = own.unwrap_or_else(|| pod.name());
    Some(format!(
        "{name}.{subdomain}.{}.svc.{CLUSTER_DOMAIN}",
        pod.namespace()
    ))
}

fn hosts(pod: &Pod, ip: &str, host: &Host) -> String {
    let mut text = String::new();
    if pod.spec.host_network == Some(true) {
        text.push_str("# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n");
        text.push_str(&format!("{}\t{}\n", host.ip, host.node));
    } else {
        text.push_str("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n");
        text.push_str("::1\tlocalhost ip6-localhost ip6-loopback\n");
        text.push_str("fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n");
        text.push_str("fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
        let own = hostname(pod, &host.node);
        match full_name(pod) {
            Some(full) if full != own => text.push_str(&format!("{ip}\t{full}\t{own}\n")),
            _ => text.push_str(&format!("{ip}\t{own}\n")),
        }
    }
    let mut aliases = pod.spec.host_aliases.iter().flatten().peekable();
    if aliases.peek().is_some() {
        text.push_str("\n# Entries added by HostAliases.\n");
    }
    for alias in aliases {
        let names = alias.hostnames.iter().flatten();
        let names: Vec<&str> = names.map(String::as_str).collect();
        text.push_str(&format!("{}\t{}\n", alias.ip, names.join("\t")));
    }
    text
}

/// The search domains of a pod, in order.
pub(super) fn search_domains(pod: &Pod) -> Vec<String> {
    dns(pod).searches
}

/// `options ndots`: names with fewer dots are tried with the search domains first.
pub(super) fn ndots(pod: &Pod) -> usize {
    let options = dns(pod).options;
    let value = options
        .iter()
        .find_map(|option| option.strip_prefix("ndots:")?.parse().ok());
    value.unwrap_or(1)
}

struct Dns {
    servers: Vec<String>,
    searches: Vec<String>,
    options: Vec<String>,
}

fn dns(pod: &Pod) -> Dns {
    let policy = pod.spec.dns_policy.as_deref().unwrap_or("ClusterFirst");
    let on_host_network = pod.spec.host_network == Some(true);
    let cluster = match policy {
        "ClusterFirst" => !on_host_network,
        "ClusterFirstWithHostNet" => true,
        _ => false,
    };
    let mut dns = Dns {
        servers: Vec::new(),
        searches: Vec::new(),
        options: Vec::new(),
    };
    if cluster {
        dns.servers.push(CLUSTER_DNS.to_owned());
        let namespace = pod.namespace();
        dns.searches.extend([
            format!("{namespace}.svc.{CLUSTER_DOMAIN}"),
            format!("svc.{CLUSTER_DOMAIN}"),
            CLUSTER_DOMAIN.to_owned(),
        ]);
        dns.options.push("ndots:5".to_owned());
    } else if policy != "None" {
        dns.servers.push("172.18.0.1".to_owned());
    }
    let Some(own) = &pod.spec.dns_config else {
        return dns;
    };
    let add = |list: &mut Vec<String>, more: &Option<Vec<String>>| {
        for one in more.iter().flatten() {
            if !list.contains(one) {
                list.push(one.clone());
            }
        }
    };
    add(&mut dns.servers, &own.nameservers);
    add(&mut dns.searches, &own.searches);
    for option in own.options.iter().flatten() {
        let name = option.name.as_deref().unwrap_or_default();
        let text = match option.value.as_deref() {
            Some(value) => format!("{name}:{value}"),
            None => name.to_owned(),
        };
        let same = |old: &String| old.split(':').next() == Some(name);
        match dns.options.iter_mut().find(|old| same(old)) {
            Some(old) => *old = text,
            None => dns.options.push(text),
        }
    }
    dns
}

/// As the runtime writes it.
fn resolv_conf(pod: &Pod) -> String {
    let dns = dns(pod);
    let mut text = String::new();
    if !dns.searches.is_empty() {
        text.push_str(&format!("search {}\n", dns.searches.join(" ")));
    }
    for server in &dns.servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if !dns.options.is_empty() {
        text.push_str(&format!("options {}\n", dns.options.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Object;
    use serde_json::json;

    fn check(spec: serde_json::Value, expect: &str) {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
        let object = Object::from_json(pod).unwrap();
        assert_eq!(resolv_conf(object.typed::<Pod>().unwrap()), expect);
    }

    #[test]
    fn resolv_conf_follows_policy_and_config() {
        let cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local\n\
                       nameserver 10.96.0.10\noptions ndots:5\n";
        check(json!({"containers": []}), cluster);
        check(
            json!({"containers": [], "dnsPolicy": "None", "dnsConfig": {
                "nameservers": ["1.1.1.1"], "searches": ["corp"],
                "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]}}),
            "search corp\nnameserver 1.1.1.1\noptions ndots:2 edns0\n",
        );
        check(
            json!({"containers": [], "dnsPolicy": "Default"}),
            "nameserver 172.18.0.1\n",
        );
    }
}
