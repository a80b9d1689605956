using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Defaults of pods and of pod templates.</summary>
internal static class PodDefaults
{
    private const int ReadableByAll = 420; // 0644

    /// <summary>What a pod gets that is no template: requests follow limits, service links are on.</summary>
    public static void ApplyPod(JsonObject spec)
    {
        ApplySpec(spec);
        foreach (var container in spec.Objects("containers").Concat(spec.Objects("initContainers")))
        {
            RequestsFromLimits(container);
            if (spec.IsTrue("hostNetwork"))
                HostPorts(container);
        }
        PodResourceDefaults.Apply(spec);
        spec.Default("enableServiceLinks", true);
    }

    /// <summary>The template in a spec, when there is one.</summary>
    public static void ApplyTemplate(JsonObject? holder)
    {
        if (holder?.Child("template")?.Child("spec") is { } pod)
            ApplySpec(pod);
    }

    public static void ApplySpec(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("schedulerName", "default-scheduler");
        spec.Made("securityContext");
        foreach (var container in Containers(spec))
            Container(container);
        foreach (var volume in spec.Objects("volumes"))
            Volume(volume);
    }

    private static IEnumerable<JsonObject> Containers(JsonObject spec) => spec.Objects("initContainers").Concat(spec.Objects("containers")).Concat(spec.Objects("ephemeralContainers"));

    private static void Container(JsonObject container)
    {
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", ImageReference.IsLatest(container.Text("image")) ? "Always" : "IfNotPresent");
        foreach (var probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Child(probe) is { } fields)
                Probe(fields);
        }
        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
            HttpGet(container.Child("lifecycle")?.Child(hook)?.Child("httpGet"));
        foreach (var variable in container.Objects("env"))
            Reference(variable.Child("valueFrom"));
    }

    /// <summary>In the host's network a container's port is the host's.</summary>
    private static void HostPorts(JsonObject container)
    {
        foreach (var port in container.Objects("ports"))
        {
            if (port.IsZero("hostPort") && port["containerPort"] is { } number)
                port["hostPort"] = number.DeepClone();
        }
    }

    private static void Probe(JsonObject probe)
    {
        probe.DefaultZero("timeoutSeconds", 1);
        probe.DefaultZero("periodSeconds", 10);
        probe.DefaultZero("successThreshold", 1);
        probe.DefaultZero("failureThreshold", 3);
        HttpGet(probe.Child("httpGet"));
    }

    private static void HttpGet(JsonObject? action)
    {
        action?.Default("path", "/");
        action?.Default("scheme", "HTTP");
    }

    private static void RequestsFromLimits(JsonObject container)
    {
        if (container.Child("resources") is not { } resources || resources.Child("limits") is not { } limits)
            return;
        var requests = resources.Made("requests");
        foreach (var (name, limit) in limits)
        {
            if (requests[name] is null && limit is not null)
                requests[name] = limit.DeepClone();
        }
    }

    /// <summary>What a variable or a file takes from the pod.</summary>
    private static void Reference(JsonObject? holder)
    {
        holder?.Child("fieldRef")?.Default("apiVersion", "v1");
        holder?.Child("resourceFieldRef")?.Default("divisor", "0");
    }

    private static void Volume(JsonObject volume)
    {
        foreach (var source in (ReadOnlySpan<string>)["secret", "configMap", "downwardAPI", "projected"])
            volume.Child(source)?.Default("defaultMode", ReadableByAll);
        if (volume.Child("hostPath") is { } hostPath && hostPath["type"] is null)
            hostPath["type"] = "";
        foreach (var item in volume.Child("downwardAPI")?.Objects("items") ?? [])
            Reference(item);
        foreach (var source in volume.Child("projected")?.Objects("sources") ?? [])
        {
            source.Child("serviceAccountToken")?.Default("expirationSeconds", 3600);
            foreach (var item in source.Child("downwardAPI")?.Objects("items") ?? [])
                Reference(item);
        }
        volume.Child("ephemeral")?.Child("volumeClaimTemplate")?.Child("spec")?.Default("volumeMode", "Filesystem");
        if (volume.Child("image") is { } image)
            image.Default("pullPolicy", ImageReference.IsLatest(image.Text("reference")) ? "Always" : "IfNotPresent");
        if (volume.Count == 1 && volume["name"] is not null)
            volume["emptyDir"] = new JsonObject();
    }
}
