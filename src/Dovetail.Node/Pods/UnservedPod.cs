using Dovetail.Runtime.Conditions;
using k8s.Models;

namespace Dovetail.Node.Pods;

/// <summary>The status of a pod that is bound to this node and that nothing here runs.</summary>
internal static class UnservedPod
{
    private const string Reason = "ContainersNotServed";

    public static V1PodStatus Status(V1Pod pod, DateTimeOffset now)
    {
        var message = string.IsNullOrEmpty(pod.Spec.RuntimeClassName)
            ? $"this node runs virtual machines only (pods with runtimeClassName {LauncherPod.RuntimeClass}); containers are not served yet"
            : $"this node has no runtime handler for runtimeClassName {pod.Spec.RuntimeClassName}";
        var status = pod.Status ?? new V1PodStatus();
        var conditions = status.Conditions.With(new() { Type = "PodReadyToStartContainers", Status = "False", Reason = Reason, Message = message }, now.UtcDateTime);
        return status with
        {
            Phase = "Pending",
            Message = message,
            Conditions = conditions.With(new() { Type = "Ready", Status = "False", Reason = Reason, Message = message }, now.UtcDateTime),
            ContainerStatuses =
            [
                .. pod.Spec.Containers.Select(c => new V1ContainerStatus
                {
                    Name = c.Name, Image = c.Image ?? "", ImageID = "", RestartCount = 0, Ready = false, Started = false,
                    State = new() { Waiting = new() { Reason = Reason, Message = message } },
                }),
            ],
        };
    }
}
