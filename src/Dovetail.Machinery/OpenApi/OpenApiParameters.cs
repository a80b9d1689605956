using System.Collections.Immutable;

namespace Dovetail.Machinery.OpenApi;

/// <summary>The parameters of requests: their JSON type and what they do.</summary>
internal static class OpenApiParameters
{
    /// <summary>Of a pod's log.</summary>
    public static ImmutableArray<string> Log { get; } = ["container", "follow", "insecureSkipTLSVerifyBackend", "limitBytes", "previous", "sinceSeconds", "stream", "tailLines", "timestamps"];

    /// <summary>Of what a subresource connects to.</summary>
    public static ImmutableArray<string> OfConnection(string subresource) => subresource switch
    {
        "attach" => ["container", "stderr", "stdin", "stdout", "tty"],
        "exec" => ["command", "container", "stderr", "stdin", "stdout", "tty"],
        "portforward" => ["ports"],
        "proxy" => ["path"],
        _ => [],
    };

    public static (string Type, string Description) Describe(string name) => name switch
    {
        "allowWatchBookmarks" => ("boolean", "Whether a watch may send BOOKMARK events, which carry a resourceVersion only."),
        "command" => ("string", "A word of the command; given once for each."),
        "container" => ("string", "Which of the pod's containers."),
        "continue" => ("string", "Where a limited list goes on; the token that the previous answer gave."),
        "dryRun" => ("string", "\"All\": do everything but store the result."),
        "fieldManager" => ("string", "The name under which changed fields are owned; derived from the user agent when absent."),
        "fieldSelector" => ("string", "Restricts the list of returned objects to those whose fields match."),
        "fieldValidation" => ("string", "What unknown and duplicate fields lead to: Ignore drops them, Warn (the default) drops and names them in a warning, Strict refuses the request."),
        "follow" => ("boolean", "Go on sending as the container writes."),
        "force" => ("boolean", "Apply patches only: take over fields that other managers own."),
        "gracePeriodSeconds" => ("integer", "Seconds that the object gets to end; zero deletes at once."),
        "insecureSkipTLSVerifyBackend" => ("boolean", "Do not check the node's certificate."),
        "labelSelector" => ("string", "Restricts the list of returned objects to those whose labels match."),
        "limit" => ("integer", "At most so many objects; the answer says where to continue."),
        "limitBytes" => ("integer", "End after so many bytes."),
        "name" => ("string", "The object's name."),
        "namespace" => ("string", "The object's namespace."),
        "orphanDependents" => ("boolean", "The older way to say Orphan or Background as a propagation policy."),
        "path" => ("string", "Where to, on the other side."),
        "ports" => ("integer", "Ports to forward."),
        "pretty" => ("string", "\"true\": the answer is indented."),
        "previous" => ("boolean", "The container's run before this one."),
        "propagationPolicy" => ("string", "What happens to dependents: Orphan, Background or Foreground."),
        "resourceVersion" => ("string", "How fresh the answer must be, or where a watch starts."),
        "resourceVersionMatch" => ("string", "How resourceVersion applies to a list: Exact or NotOlderThan."),
        "sendInitialEvents" => ("boolean", "A watch first sends the current objects, then a bookmark that says so."),
        "sinceSeconds" => ("integer", "Only what is not older than so many seconds."),
        "stderr" => ("boolean", "Whether standard error is connected."),
        "stdin" => ("boolean", "Whether standard input is connected."),
        "stdout" => ("boolean", "Whether standard output is connected."),
        "stream" => ("string", "All, Stdout or Stderr."),
        "tailLines" => ("integer", "Only so many lines from the end."),
        "timeoutSeconds" => ("integer", "How long the request may last, whatever happens."),
        "timestamps" => ("boolean", "Each line begins with the time that it was written at."),
        "tty" => ("boolean", "Whether there is a terminal."),
        "watch" => ("boolean", "Watch for changes to the described resources: they are sent as they happen, in place of a list."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a parameter of the API"),
    };
}
