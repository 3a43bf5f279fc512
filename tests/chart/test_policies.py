"""What holds for every pod and every manifest, whatever values a site gives: Pod Security `restricted` and our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cli.components import COMPONENTS, ENVIRONMENT, GATEWAY_PORT, HEALTH_PORT, SERVICE_PORT
from gateway.clients import SERVICES as GRPC_NAMES
from kit.setting_names import NAMES
from tests.chart.chart import ROOT, SERVICES, VALUES, manifests, of_kind, pods, rendered, values

pytestmark = pytest.mark.parametrize("name", VALUES)


def test_no_pod_runs_as_root_or_may_become_it(name: str) -> None:
    for where, pod in pods(name):
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, where
        assert context["runAsUser"] > 0, where
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, where
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, where
            assert security["capabilities"] == {"drop": ["ALL"]}, where
            assert "privileged" not in security, where
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), where


def test_the_image_s_user_is_the_one_of_the_pods(name: str) -> None:
    (user,) = {pod["securityContext"]["runAsUser"] for _, pod in pods(name)}
    assert f"USER {user}:{user}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_no_container_writes_but_to_its_volumes_and_those_have_a_size(name: str) -> None:
    for where, pod in pods(name):
        assert all(container["securityContext"]["readOnlyRootFilesystem"] is True for container in pod["containers"]), (
            where
        )
        for volume in pod["volumes"]:
            assert set(volume) - {"name"} <= {"emptyDir", "projected", "secret", "persistentVolumeClaim"}, where
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], where


def test_every_container_says_what_it_needs_and_may_have(name: str) -> None:
    for where, pod in pods(name):
        for container in pod["containers"]:
            for bound in ("requests", "limits"):
                assert {"cpu", "memory", "ephemeral-storage"} <= container["resources"][bound].keys(), where


def test_scratch_fits_into_what_the_container_may_have_on_the_node_s_disk(name: str) -> None:
    for where, pod in pods(name):
        room = _bytes(pod["containers"][0]["resources"]["limits"]["ephemeral-storage"])
        used = sum(_bytes(volume["emptyDir"]["sizeLimit"]) for volume in pod["volumes"] if "emptyDir" in volume)
        assert used <= room, where


def _bytes(quantity: str) -> int:
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return int(quantity[:-2]) * units[quantity[-2:]]


def test_no_pod_has_a_token_for_the_cluster(name: str) -> None:
    for where, pod in pods(name):
        assert pod["automountServiceAccountToken"] is False, where
    for account in of_kind(name, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    assert not of_kind(name, "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


def test_every_workload_has_an_account_of_its_own(name: str) -> None:
    accounts = [pod["serviceAccountName"] for where, pod in pods(name) if where != "tongban-test"]
    assert len(set(accounts)) == len(accounts)
    assert set(accounts) == {each["metadata"]["name"] for each in of_kind(name, "ServiceAccount")}


def test_the_cluster_s_own_variables_are_kept_out(name: str) -> None:
    """A Service called tongban would come as TONGBAN_PORT, which is a setting."""
    assert all(pod["enableServiceLinks"] is False for _, pod in pods(name))


def test_every_image_is_named_to_the_version(name: str) -> None:
    for where, pod in pods(name):
        for container in pod["containers"]:
            _, _, tag = container["image"].rpartition("/")[2].partition(":")
            assert tag, where
            assert tag != "latest", where


def test_whatever_serves_is_probed_for_start_readiness_and_life(name: str) -> None:
    serving = [container for _, pod in pods(name) for container in pod["containers"] if "ports" in container]
    assert serving
    for container in serving:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]
            assert ("grpc" in asked) is (container["ports"][0]["name"] == "grpc")
            if "grpc" in asked:
                assert asked["grpc"]["service"] == GRPC_NAMES[container["name"].replace("-", "_")]
                ports = {each["name"]: each["containerPort"] for each in container["ports"]}
                assert asked["grpc"]["port"] == ports.get("health", ports["grpc"])  # the kubelet speaks no TLS
            else:
                assert asked["httpGet"]["path"] in ("/healthz", "/readyz")
        # A service that is away makes the gateway unready for whoever watches, not for the public.
        if container["name"] == "gateway":
            assert {
                container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "readiness", "liveness")
            } == {"/healthz"}


def test_a_stop_has_time_for_what_is_at_hand(name: str) -> None:
    for where, pod in pods(name):
        (container,) = pod["containers"]
        if "ports" not in container:
            continue
        delay = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        told = _environment(name, container)
        drain, grace = float(told["TONGBAN_DRAIN_SECONDS"]), float(told["TONGBAN_GRACE_SECONDS"])
        # The server's stop takes the grace and a second, then each thread may take as long (kit.chassis).
        assert pod["terminationGracePeriodSeconds"] >= delay + drain + 2 * grace + 5, where
        if container["name"] != "site":  # which has no other replica
            assert drain > 0, where


def test_no_secret_s_value_stands_in_a_manifest(name: str) -> None:
    assert not of_kind(name, "Secret")
    for where, pod in pods(name):
        for container in pod["containers"]:
            for key, value in _environment(name, container).items():
                secret = any(word in key for word in ("PASSWORD", "SECRET", "KEY"))
                assert not secret or value.startswith("/"), f"{where}: {key} is no path"
    assert "-----BEGIN" not in rendered(name)


def test_every_file_that_a_process_is_told_of_is_mounted(name: str) -> None:
    for where, pod in pods(name):
        (container,) = pod["containers"]
        mounted = _mounted(pod)
        told = _environment(name, container)
        for key, path in told.items():
            if not path.startswith("/etc/tongban/"):
                continue
            # The gateway has no business with the documents, nor the job with the keys: told, as all are, not given.
            needed = {
                "MONGO": "documents",
                "KAFKA": "events",
                "PRIVATE": "sign",
                "PUBLIC": "verify",
                "SITE": "site",
                "TLS": "tls",
                "OTLP": "watch",
                "RELAY": "identity",
            }[key.split("_")[1]]
            if needed in _given(name, where):
                assert path in mounted, f"{where}: {key}={path}"
            elif needed != "tls":
                assert path not in mounted, f"{where} has {path}, which it doesn't need"


def test_only_the_gateway_and_operators_get_the_key_that_signs(name: str) -> None:
    signing = {where for where, pod in pods(name) if any(path.endswith("/actor.pem") for path in _mounted(pod))}
    if name in SERVICES:
        assert signing == {"tongban-gateway", "tongban-operations"}
    else:
        assert signing == ({"tongban-site"} if name == "one-pod-keys" else set())


def _given(name: str, where: str) -> set[str]:
    component = values()["components"].get(where.removeprefix("tongban-").replace("-", "_"), {})
    certified = {each["metadata"]["name"] for each in of_kind(name, "Certificate")}
    tls = {"tls"} if where in certified else set()
    speaks = {"identity"} if where in ("tongban-relay", "tongban-site") else set()
    return {*component.get("keys", ()), *component.get("uses", ()), *tls, *speaks, "watch"}


def _mounted(pod: Mapping[str, Any]) -> set[str]:
    files = set()
    at = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    for volume in pod["volumes"]:
        folder = at[volume["name"]]
        for source in volume.get("projected", {}).get("sources", ()):
            files |= {f"{folder}/{item['path']}" for item in source["secret"]["items"]}
        if volume["name"] == "identity":  # a folder of keys, whose names are the site's
            files.add(folder)
        elif "secret" in volume:  # cert-manager's three
            files |= {f"{folder}/{file}" for file in ("tls.crt", "tls.key", "ca.crt")}
    return files


def _environment(name: str, container: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        (config,) = [
            each for each in of_kind(name, "ConfigMap") if each["metadata"]["name"] == source["configMapRef"]["name"]
        ]
        found |= config["data"]
    return found | {each["name"]: each["value"] for each in container.get("env", ())}


def test_whatever_a_process_is_told_is_a_setting_that_there_is(name: str) -> None:
    for where, pod in pods(name):
        for container in pod["containers"]:
            unknown = _environment(name, container).keys() - NAMES - ENVIRONMENT.keys()
            assert not unknown, f"{where}: {unknown}"


def test_each_process_runs_the_module_that_the_code_names_and_is_told_where_the_others_are(name: str) -> None:
    running = {pod["containers"][0]["name"]: pod["containers"][0] for _, pod in pods(name)}
    if name not in SERVICES:
        assert running["site"]["command"] == ["tongban", "up", "--no-sample", "--no-demo-clock"]
        assert _environment(name, running["site"])["TONGBAN_CITIZEN_DEMO"] == "false"
        return
    for component in COMPONENTS:
        container = running[component.name.replace("_", "-")]
        assert container["command"] == ["python", "-m", component.module]
        told = _environment(name, container)
        assert told["TONGBAN_EMBEDDED"] == "false"
        port = GATEWAY_PORT if component.edge else SERVICE_PORT
        assert container["ports"][0]["containerPort"] == port
        assert (told["TONGBAN_PORT"] if component.edge else told["TONGBAN_LISTEN"].rpartition(":")[2]) == str(port)
        if "TONGBAN_HEALTH_LISTEN" in told:
            assert told["TONGBAN_HEALTH_LISTEN"] == f"0.0.0.0:{HEALTH_PORT}"
        addresses = dict(pair.split("=", 1) for pair in told["TONGBAN_SERVICES"].split(","))
        assert addresses == {
            each.name: f"tongban-{each.name.replace('_', '-')}:{SERVICE_PORT}" for each in COMPONENTS if not each.edge
        }
        services = {each["metadata"]["name"]: each for each in of_kind(name, "Service")}
        for address in addresses.values():
            service = services[address.partition(":")[0]]
            assert service["spec"]["clusterIP"] == "None"  # else all calls of a client go to one replica
            assert service["spec"]["ports"][0]["port"] == SERVICE_PORT


def test_what_has_to_be_made_first_is_a_hook_with_everything_that_it_needs(name: str) -> None:
    jobs = of_kind(name, "Job")
    assert len(jobs) == (name in SERVICES)
    for job in jobs:
        assert _hook(job) == "pre-install,pre-upgrade"
        pod = job["spec"]["template"]["spec"]
        needed = {
            ("ServiceAccount", pod["serviceAccountName"]),
            ("ConfigMap", pod["containers"][0]["envFrom"][0]["configMapRef"]["name"]),
            ("NetworkPolicy", job["metadata"]["name"]),
        }
        hooks = {
            (each["kind"], each["metadata"]["name"]): each for each in manifests(name) if _hook(each) == _hook(job)
        }
        assert needed <= hooks.keys()
        weight = "helm.sh/hook-weight"
        for key in needed:
            assert int(hooks[key]["metadata"]["annotations"][weight]) < int(job["metadata"]["annotations"][weight])
        assert pod["containers"][0]["command"] == ["tongban", "init"]


def _hook(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"].get("annotations", {}).get("helm.sh/hook", ""))


def test_whatever_runs_more_than_once_survives_a_node_s_emptying(name: str) -> None:
    budgets = {each["metadata"]["name"]: each["spec"] for each in of_kind(name, "PodDisruptionBudget")}
    for deployment in of_kind(name, "Deployment"):
        replicas = deployment["spec"].get("replicas", 2)
        if replicas > 1:
            spec = budgets[deployment["metadata"]["name"]]
            assert spec["selector"] == deployment["spec"]["selector"]
            assert spec["maxUnavailable"] < replicas
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_every_process_that_is_called_or_calls_has_a_certificate_where_calls_show_one(name: str) -> None:
    certified = {each["metadata"]["name"]: each["spec"] for each in of_kind(name, "Certificate")}
    calling = {
        f"tongban-{key.replace('_', '-')}"
        for key, component in values()["components"].items()
        if component["shape"] == "services" and (component["calls"] or component.get("serves"))
    }
    assert certified.keys() == (set() if name in ("township", "county", "one-pod-keys") else calling)
    for where, spec in certified.items():
        assert where in spec["dnsNames"]  # as it stands in TONGBAN_SERVICES
        assert {"server auth", "client auth"} <= set(spec["usages"])


def test_what_scales_by_load_has_no_number_of_its_own(name: str) -> None:
    scaled = {
        each["spec"]["scaleTargetRef"]["name"] for each in of_kind(name, "HorizontalPodAutoscaler", "ScaledObject")
    }
    for deployment in of_kind(name, "Deployment"):
        assert ("replicas" in deployment["spec"]) is (deployment["metadata"]["name"] not in scaled)


def test_metrics_stand_on_a_port_of_their_own_never_on_the_public_one(name: str) -> None:
    for where, pod in pods(name):
        (container,) = pod["containers"]
        ports = {each["name"]: each["containerPort"] for each in container.get("ports", ())}
        told = _environment(name, container).get("TONGBAN_METRICS_LISTEN", "").rpartition(":")[2]
        assert told == str(ports.get("metrics", "")), where
        if where == "tongban-gateway":
            assert ports["metrics"] != ports["http"]
