using Dovetail.Runtime.Conditions;
using k8s.Models;

namespace Dovetail.Workloads.Components;

/// <summary>Renders a component as the object that users see. Pure.</summary>
public static class ComponentObjects
{
    public static V1Deployment Deployment(Component component) => new()
    {
        Metadata = Metadata(component),
        Spec = new V1DeploymentSpec { Replicas = 1, Selector = Selector(component), Template = Template(component) },
    };

    public static V1DaemonSet DaemonSet(Component component) => new()
    {
        Metadata = Metadata(component),
        Spec = new V1DaemonSetSpec { Selector = Selector(component), Template = Template(component) },
    };

    public static V1DeploymentStatus StatusOf(V1Deployment deployment, ComponentCounts counts, DateTime now)
    {
        var available = counts.Ready >= counts.Desired;
        var condition = new V1DeploymentCondition
        {
            Type = "Available",
            Status = available ? "True" : "False",
            Reason = available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            Message = available ? "Deployment has minimum availability." : "Deployment does not have minimum availability: its health check does not answer.",
        };
        return new V1DeploymentStatus
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = counts.Desired,
            UpdatedReplicas = counts.Desired,
            ReadyReplicas = counts.Ready,
            AvailableReplicas = counts.Ready,
            UnavailableReplicas = counts.Desired - counts.Ready,
            Conditions = deployment.Status?.Conditions.With(condition, now) ?? [condition with { LastTransitionTime = now, LastUpdateTime = now }],
        };
    }

    public static V1DaemonSetStatus StatusOf(V1DaemonSet daemonSet, ComponentCounts counts) => new()
    {
        ObservedGeneration = daemonSet.Metadata.Generation,
        DesiredNumberScheduled = counts.Desired,
        CurrentNumberScheduled = counts.Desired,
        UpdatedNumberScheduled = counts.Desired,
        NumberReady = counts.Ready,
        NumberAvailable = counts.Ready,
        NumberUnavailable = counts.Desired - counts.Ready,
        NumberMisscheduled = 0,
    };

    private static V1ObjectMeta Metadata(Component component) => new()
    {
        NamespaceProperty = component.Namespace,
        Name = component.Name,
        Labels = new Dictionary<string, string>(component.Labels) { ["app.kubernetes.io/managed-by"] = "dovetail" },
    };

    private static V1LabelSelector Selector(Component component) => new() { MatchLabels = new Dictionary<string, string>(component.Labels) };

    private static V1PodTemplateSpec Template(Component component) => new()
    {
        Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string>(component.Labels) },
        Spec = new V1PodSpec { Containers = [new V1Container { Name = component.Name, Image = component.Image }] },
    };
}
