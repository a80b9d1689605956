namespace Dovetail.Machinery.OpenApi;

/// <summary>The parameters of requests: their JSON type and what they do.</summary>
internal static class OpenApiParameters
{
    public static (string Type, string Description) Describe(string name) => name switch
    {
        "allowWatchBookmarks" => ("boolean", "Whether a watch may send BOOKMARK events, which carry a resourceVersion only."),
        "continue" => ("string", "Where a limited list goes on; the token that the previous answer gave."),
        "dryRun" => ("string", "\"All\": do everything but store the result."),
        "fieldManager" => ("string", "The name under which changed fields are owned; derived from the user agent when absent."),
        "fieldSelector" => ("string", "Only objects whose fields match."),
        "fieldValidation" => ("string", "What unknown and duplicate fields lead to: Ignore drops them, Warn (the default) drops and names them in a warning, Strict refuses the request."),
        "force" => ("boolean", "Apply patches only: take over fields that other managers own."),
        "gracePeriodSeconds" => ("integer", "Seconds that the object gets to end; zero deletes at once."),
        "labelSelector" => ("string", "Only objects whose labels match."),
        "limit" => ("integer", "At most so many objects; the answer says where to continue."),
        "name" => ("string", "The object's name."),
        "namespace" => ("string", "The object's namespace."),
        "pretty" => ("string", "\"true\": the answer is indented."),
        "propagationPolicy" => ("string", "What happens to dependents: Orphan, Background or Foreground."),
        "resourceVersion" => ("string", "How fresh the answer must be, or where a watch starts."),
        "resourceVersionMatch" => ("string", "How resourceVersion applies to a list: Exact or NotOlderThan."),
        "sendInitialEvents" => ("boolean", "A watch first sends the current objects, then a bookmark that says so."),
        "timeoutSeconds" => ("integer", "How long the request may last, whatever happens."),
        "watch" => ("boolean", "Send changes as they happen instead of a list."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a parameter of the API"),
    };
}
