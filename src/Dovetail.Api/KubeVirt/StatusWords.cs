namespace Dovetail.Api.KubeVirt;

/// <summary>VirtualMachine <c>spec.runStrategy</c>.</summary>
public static class RunStrategies
{
    public const string Always = "Always";
    public const string Halted = "Halted";
    public const string Manual = "Manual";
    public const string RerunOnFailure = "RerunOnFailure";
    public const string Once = "Once";
    public const string WaitAsReceiver = "WaitAsReceiver";
}

/// <summary>VirtualMachine <c>status.printableStatus</c>: what the STATUS column shows.</summary>
public static class PrintableStatuses
{
    public const string Stopped = "Stopped";
    public const string Provisioning = "Provisioning";
    public const string Starting = "Starting";
    public const string Running = "Running";
    public const string Paused = "Paused";
    public const string Stopping = "Stopping";
    public const string Terminating = "Terminating";
    public const string CrashLoopBackOff = "CrashLoopBackOff";
    public const string Migrating = "Migrating";
    public const string Unknown = "Unknown";
    public const string ErrorUnschedulable = "ErrorUnschedulable";
    public const string ErrImagePull = "ErrImagePull";
    public const string ImagePullBackOff = "ImagePullBackOff";
    public const string ErrorPvcNotFound = "ErrorPvcNotFound";
    public const string DataVolumeError = "DataVolumeError";
    public const string WaitingForVolumeBinding = "WaitingForVolumeBinding";
    public const string WaitingForReceiver = "WaitingForReceiver";
}

/// <summary>VirtualMachineInstance <c>status.phase</c>.</summary>
public static class VmiPhases
{
    /// <summary>No phase yet.</summary>
    public const string Unset = "";

    public const string Pending = "Pending";
    public const string Scheduling = "Scheduling";
    public const string Scheduled = "Scheduled";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string Unknown = "Unknown";
    public const string WaitingForSync = "WaitingForSync";

    /// <summary>The phase never changes again.</summary>
    public static bool IsFinal(string? phase) => phase is Succeeded or Failed;
}

/// <summary>Types of VirtualMachine and VirtualMachineInstance conditions.</summary>
public static class ConditionTypes
{
    public const string Ready = "Ready";
    public const string Failure = "Failure";
    public const string Paused = "Paused";
    public const string RestartRequired = "RestartRequired";
    public const string ManualRecoveryRequired = "ManualRecoveryRequired";
    public const string Synchronized = "Synchronized";
    public const string PodScheduled = "PodScheduled";
    public const string Provisioning = "Provisioning";
    public const string AgentConnected = "AgentConnected";
    public const string AgentVersionNotSupported = "AgentVersionNotSupported";
    public const string LiveMigratable = "LiveMigratable";
    public const string StorageLiveMigratable = "StorageLiveMigratable";
    public const string DataVolumesReady = "DataVolumesReady";
    public const string SoftwareEmulation = "SoftwareEmulation";
}

public static class ConditionStatuses
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";
}

/// <summary>Actions of VirtualMachine <c>status.stateChangeRequests</c>; only the first request is acted on.</summary>
public static class StateChangeActions
{
    public const string Start = "Start";
    public const string Stop = "Stop";

    /// <summary>Key in a Start request's data; "true" starts the guest paused.</summary>
    public const string Paused = "paused";
}
