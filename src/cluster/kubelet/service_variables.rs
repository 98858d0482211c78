//! The variables that tell a container where the services are.

use std::rc::Rc;

use crate::api::Service;
use crate::apiserver::ApiServer;
use crate::kernel::OrderedMap;

use super::environment::Variables;

/// The variables of services. All pods of a namespace get the same, so they are written down once for each set of
/// services.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceVariables {
    /// By namespace and whether the pod wants all of it (`enableServiceLinks`).
    written: OrderedMap<(Rc<str>, bool), Written>,
}

#[derive(Clone, Debug)]
struct Written {
    /// The resource versions of the services, which no two states of them share.
    versions: Vec<u64>,
    variables: Rc<Variables>,
}

impl ServiceVariables {
    /// The variables of the services with an address: those of the namespace, if wanted, and `kubernetes`.
    pub fn of(&mut self, namespace: &Rc<str>, links: bool, api: &ApiServer) -> Rc<Variables> {
        let own = api.list::<Service>(Some(namespace)).filter(|_| links);
        let main = api.get::<Service>("default", "kubernetes");
        let main = main.filter(|_| !links || &**namespace != "default");
        let services: Vec<&Service> = own.chain(main).collect();
        let versions = services.iter().map(|service| service.version);
        let key = (Rc::clone(namespace), links);
        let written = self.written.get(&key);
        if let Some(written) =
            written.filter(|one| versions.clone().eq(one.versions.iter().copied()))
        {
            return Rc::clone(&written.variables);
        }
        let versions = versions.collect();
        let mut variables = Variables::new();
        for service in services {
            let address = service.spec.cluster_ip.as_deref().unwrap_or_default();
            if !matches!(address, "" | "None") {
                add_service(service, address, &mut variables);
            }
        }
        let variables = Rc::new(variables);
        let written = Written {
            versions,
            variables: Rc::clone(&variables),
        };
        self.written.insert(key, written);
        variables
    }
}

fn add_service(service: &Service, address: &str, result: &mut Variables) {
    let upper = |text: &str| text.to_ascii_uppercase().replace('-', "_");
    let name = upper(service.name());
    let Some(first) = service.spec.ports.iter().flatten().next() else {
        return;
    };
    let mut push = |name: String, value: String| result.push((name, value));
    push(format!("{name}_SERVICE_HOST"), address.to_owned());
    push(format!("{name}_SERVICE_PORT"), first.port.to_string());
    for port in service.spec.ports.iter().flatten() {
        if let Some(port_name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let key = format!("{name}_SERVICE_PORT_{}", upper(port_name));
            push(key, port.port.to_string());
        }
    }
    for (index, port) in service.spec.ports.iter().flatten().enumerate() {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let lower = protocol.to_ascii_lowercase();
        let url = format!("{lower}://{address}:{}", port.port);
        if index == 0 {
            push(format!("{name}_PORT"), url.clone());
        }
        let prefix = format!("{name}_PORT_{}_{protocol}", port.port);
        push(prefix.clone(), url);
        push(format!("{prefix}_PROTO"), lower);
        push(format!("{prefix}_PORT"), port.port.to_string());
        push(format!("{prefix}_ADDR"), address.to_owned());
    }
}
