using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Containers, init containers and ephemeral containers of one pod.</summary>
/// <param name="spec">The pod's spec.</param>
/// <param name="volumes">Its valid volumes by name.</param>
internal sealed class ContainerRules(FieldScope spec, Dictionary<string, FieldScope> volumes)
{
    private static readonly string[] Probes = ["livenessProbe", "readinessProbe", "startupProbe"];

    /// <summary>What makes no sense for a container that is added to a running pod.</summary>
    private static readonly string[] NotForEphemeral = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules"];

    private readonly string restartPolicy = spec.Text("restartPolicy");
    private readonly long? grace = spec.Number("terminationGracePeriodSeconds");

    public void CheckContainers()
    {
        if (spec.Count("containers") == 0)
        {
            spec.Required("containers");
            return;
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in spec.Each("containers"))
        {
            CheckCommon(container);
            if (!names.Add(container.Text("name")))
                container.Causes.Add(FieldErrors.Duplicate(container.At("name"), container.Text("name")));
            if (container.Child("lifecycle") is { } lifecycle)
                ProbeRules.CheckLifecycle(lifecycle, grace);
            CheckProbes(container);
            CheckRestartPolicy(container);
        }
        CheckHostPorts(spec.Each("containers"), "containers");
    }

    public void CheckInitContainers()
    {
        var names = spec.Object.Objects("containers").Select(static c => c.Text("name")).ToHashSet(StringComparer.Ordinal);
        foreach (var container in spec.Each("initContainers"))
        {
            CheckCommon(container);
            CheckRestartPolicy(container);
            var sidecar = container.Text("restartPolicy") == "Always";
            if (names.Contains(container.Text("name")))
                container.Causes.Add(FieldErrors.Duplicate(container.At("name"), container.Text("name")));
            else if (container.Text("name").Length > 0)
                names.Add(container.Text("name"));
            CheckHostPorts([container], "initContainers");
            if (sidecar)
            {
                if (container.Child("lifecycle") is { } lifecycle)
                    ProbeRules.CheckLifecycle(lifecycle, grace);
                CheckProbes(container);
                continue;
            }
            foreach (var field in (ReadOnlySpan<string>)["lifecycle", .. Probes])
            {
                if (container.Has(field))
                    container.Forbidden(field, "may not be set for init containers without restartPolicy=Always");
            }
        }
    }

    public void CheckEphemeralContainers()
    {
        var others = spec.Object.Objects("containers").Concat(spec.Object.Objects("initContainers")).Select(static c => c.Text("name")).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(others, StringComparer.Ordinal);
        foreach (var container in spec.Each("ephemeralContainers"))
        {
            CheckCommon(container);
            PodRules.CheckImageBlanks(container);
            if (!names.Add(container.Text("name")))
                container.Causes.Add(FieldErrors.Duplicate(container.At("name"), container.Text("name")));
            if (container.Text("targetContainerName") is { Length: > 0 } target && !others.Contains(target))
                container.Causes.Add(FieldErrors.NotFound(container.At("targetContainerName"), target));
            foreach (var field in NotForEphemeral)
            {
                if (container.Has(field) && container.Object[field] is not System.Text.Json.Nodes.JsonObject { Count: 0 })
                    container.Forbidden(field, "cannot be set for an Ephemeral Container");
            }
            foreach (var mount in container.Each("volumeMounts"))
            {
                foreach (var field in (ReadOnlySpan<string>)["subPath", "subPathExpr"])
                {
                    if (mount.Text(field).Length > 0)
                        mount.Forbidden(field, "cannot be set for an Ephemeral Container");
                }
            }
        }
    }

    private void CheckCommon(FieldScope container)
    {
        container.RequiredName("name", Names.DnsLabel);
        if (container.Text("image").Length == 0)
            container.Required("image");
        container.RequiredOneOf("terminationMessagePolicy", "File", "FallbackToLogsOnError");
        CheckPorts(container);
        EnvironmentRules.Check(container);
        MountRules.Check(container, volumes);
        container.RequiredOneOf("imagePullPolicy", "Always", "IfNotPresent", "Never");
        if (container.Child("resources") is { } resources)
            ResourceRules.CheckContainer(spec, resources);
        CheckResizePolicy(container);
        if (container.Child("securityContext") is { } security)
            SecurityContextRules.CheckContainer(security, hostUsers: spec.Object["hostUsers"] is null || spec.IsTrue("hostUsers"));
    }

    private static void CheckPorts(FieldScope container)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var port in container.Each("ports"))
        {
            var name = port.Text("name");
            var wrong = name.Length == 0 ? [] : NameForms.PortName(name).ToArray();
            foreach (var why in wrong)
                port.Invalid("name", why);
            if (name.Length > 0 && wrong.Length == 0 && !names.Add(name))
                port.Causes.Add(FieldErrors.Duplicate(port.At("name"), name));
            if (port.Number("containerPort") is null or 0)
                port.Required("containerPort");
            else
                port.Port("containerPort");
            if (port.Number("hostPort") is not (null or 0))
                port.Port("hostPort");
            port.RequiredOneOf("protocol", "SCTP", "TCP", "UDP");
        }
    }

    private void CheckProbes(FieldScope container)
    {
        foreach (var name in Probes)
        {
            if (container.Child(name) is { } probe)
                ProbeRules.Check(probe, name, grace);
        }
    }

    private static void CheckRestartPolicy(FieldScope container)
    {
        var rules = container.Count("restartPolicyRules");
        if (!container.Has("restartPolicy"))
        {
            if (rules > 0)
                container.Required("restartPolicy", "must specify restartPolicy when restart rules are used");
            else
                return;
        }
        else
            container.OneOf("restartPolicy", "Always", "Never", "OnFailure");
        if (rules > 20)
            container.Causes.Add(FieldErrors.TooMany(container.At("restartPolicyRules"), rules, 20));
        foreach (var rule in container.Each("restartPolicyRules"))
        {
            rule.OneOf("action", "Restart", "RestartAllContainers");
            if (rule.Child("exitCodes") is not { } codes)
            {
                rule.Required("exitCodes", "must be specified");
                continue;
            }
            codes.OneOf("operator", "In", "NotIn");
            if (codes.Count("values") > 255)
                codes.Causes.Add(FieldErrors.TooMany(codes.At("values"), codes.Count("values"), 255));
        }
    }

    private void CheckResizePolicy(FieldScope container)
    {
        var path = container.At("resizePolicy");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var policy in container.Each("resizePolicy"))
        {
            var (resource, restart) = (policy.Text("resourceName"), policy.Text("restartPolicy"));
            if (!seen.Add(resource))
                container.Causes.Add(FieldErrors.Duplicate(policy.Path, resource));
            if (resource.Length == 0)
                container.Required("resizePolicy");
            else if (resource is not ("cpu" or "memory"))
                container.Causes.Add(FieldErrors.NotSupported(path, resource, ["cpu", "memory"]));
            if (restart.Length == 0)
                container.Required("resizePolicy");
            else if (restart is not ("NotRequired" or "RestartContainer"))
                container.Causes.Add(FieldErrors.NotSupported(path, restart, ["NotRequired", "RestartContainer"]));
            if (restartPolicy == "Never" && restart != "NotRequired")
                container.Invalid("resizePolicy", restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }

    private static void CheckHostPorts(IEnumerable<FieldScope> containers, string list)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var container in containers)
        {
            // Upstream looks at init containers one at a time, and so counts each as the first.
            var parent = container.Path[..container.Path.LastIndexOf($"{list}[", StringComparison.Ordinal)];
            var path = $"{parent}{list}[{index++}]";
            var at = 0;
            foreach (var port in container.Object.Objects("ports"))
            {
                var position = at++;
                if (port.IsZero("hostPort"))
                    continue;
                var key = $"{port.Text("protocol")}/{port.Text("hostIP")}/{port["hostPort"]}";
                if (!seen.Add(key))
                    container.Causes.Add(FieldErrors.Duplicate($"{path}.ports[{position}].hostPort", key));
            }
        }
    }
}
