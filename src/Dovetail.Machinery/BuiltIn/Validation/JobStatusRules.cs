using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What the status of a job may say, and how it may go on from what it said (<c>validateJobStatus</c>, <c>ValidateJobStatusUpdate</c>).
/// A rule holds for what a write changes: it may be broken for a moment after a change of the spec, until the job's controller has seen that.</summary>
internal static class JobStatusRules
{
    public static void Check(FieldScope job, JsonObject old)
    {
        var (status, before, spec) = (job.Part("status"), new FieldScope(old, "", []).Part("status"), job.Part("spec"));
        foreach (var field in (ReadOnlySpan<string>)["active", "succeeded", "failed", "ready", "terminating"])
            status.NotNegative(field);
        CheckUncounted(status);
        CheckOutcome(status, before);
        CheckIndexes(spec, status, before);
        if (Changed(status, before, "ready", "active") && status.Whole("ready") > status.Whole("active") && status.Has("ready"))
            status.Invalid("ready", "cannot set more ready pods than active");
        CheckSuccess(spec, status);
        CheckCourse(spec, status, before);
    }

    private static void CheckUncounted(FieldScope status)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var uncounted = status.Part("uncountedTerminatedPods");
        foreach (var (uid, path) in uncounted.Texts("succeeded").Concat(uncounted.Texts("failed")))
        {
            if (uid.Length == 0)
                status.Causes.Add(FieldErrors.Invalid(path, uid, "must not be empty"));
            else if (!seen.Add(uid))
                status.Causes.Add(FieldErrors.Duplicate(path, uid));
        }
    }

    private static void CheckOutcome(FieldScope status, FieldScope before)
    {
        var (complete, failed) = (IsTrue(status, "Complete"), IsTrue(status, "Failed"));
        var completeChanged = complete != IsTrue(before, "Complete");
        var failedChanged = failed != IsTrue(before, "Failed");
        var finishedChanged = (complete || failed) != (IsTrue(before, "Complete") || IsTrue(before, "Failed"));
        if ((completeChanged || failedChanged) && complete && failed)
            Refuse(status, "cannot set Complete=True and Failed=true conditions");
        if ((completeChanged || IsTrue(status, "FailureTarget") != IsTrue(before, "FailureTarget")) && complete && IsTrue(status, "FailureTarget"))
            Refuse(status, "cannot set Complete=True and FailureTarget=true conditions");
        if (completeChanged || Changed(status, before, "completionTime"))
        {
            if (status.Has("completionTime") && !complete)
                status.Invalid("completionTime", "cannot set completionTime when there is no Complete=True condition");
            if (!status.Has("completionTime") && complete)
                status.Required("completionTime", "completionTime is required for Complete jobs");
        }
        if (Changed(status, before, "startTime", "completionTime") && status.Has("startTime") && status.Has("completionTime")
            && string.CompareOrdinal(status.Text("completionTime"), status.Text("startTime")) < 0)
            status.Invalid("completionTime", "must be equal to or after `startTime`");
        if ((failedChanged || Changed(status, before, "failedIndexes")) && failed && !IsTrue(status, "FailureTarget"))
            Refuse(status, "cannot set Failed=True condition without the FailureTarget=true condition");
        if ((completeChanged || IsTrue(status, "SuccessCriteriaMet") != IsTrue(before, "SuccessCriteriaMet")) && complete && !IsTrue(status, "SuccessCriteriaMet"))
            Refuse(status, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
        if ((finishedChanged || Changed(status, before, "active")) && (complete || failed) && status.Whole("active") > 0)
            status.Invalid("active", "active>0 is invalid for finished job");
    }

    private static void CheckIndexes(FieldScope spec, FieldScope status, FieldScope before)
    {
        if (Changed(status, before, "completedIndexes") && status.Text("completedIndexes").Length > 0 && spec.Text("completionMode") != "Indexed")
            status.Invalid("completedIndexes", "cannot set non-empty completedIndexes when non-indexed completion mode");
        if (Changed(status, before, "failedIndexes") && status.Has("failedIndexes") && !spec.Has("backoffLimitPerIndex"))
            status.Invalid("failedIndexes", "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    }

    private static void CheckSuccess(FieldScope spec, FieldScope status)
    {
        var met = IsTrue(status, "SuccessCriteriaMet");
        if (met && IsTrue(status, "Failed"))
            Refuse(status, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
        if (met && IsTrue(status, "FailureTarget"))
            Refuse(status, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
        if (!met && spec.Has("successPolicy") && IsTrue(status, "Complete"))
            Refuse(status, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
    }

    private static void CheckCourse(FieldScope spec, FieldScope status, FieldScope before)
    {
        foreach (var condition in (ReadOnlySpan<string>)["Failed", "Complete", "FailureTarget"])
        {
            if (IsTrue(before, condition) && !IsTrue(status, condition))
                Refuse(status, $"cannot disable the terminal {condition}=True condition");
        }
        if (status.Whole("failed") < before.Whole("failed"))
            status.Invalid("failed", status.Whole("failed"), "cannot decrease the failed counter");
        // Indexed jobs whose size follows their completions can be scaled down.
        var canShrink = spec.Text("completionMode") == "Indexed" && spec.Number("completions") == spec.Number("parallelism");
        if (!canShrink && status.Whole("succeeded") < before.Whole("succeeded"))
            status.Invalid("succeeded", status.Whole("succeeded"), "cannot decrease the succeeded counter");
        if (status.Has("completionTime") && before.Has("completionTime") && Changed(status, before, "completionTime"))
            status.Invalid("completionTime", "field is immutable");
        if (IsTrue(before, "SuccessCriteriaMet") && !IsTrue(status, "SuccessCriteriaMet"))
            Refuse(status, "cannot disable the SuccessCriteriaMet=True condition");
        if (IsTrue(before, "Complete") && !IsTrue(before, "SuccessCriteriaMet") && IsTrue(status, "SuccessCriteriaMet"))
            Refuse(status, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
    }

    private static bool IsTrue(FieldScope status, string type) => status.Each("conditions").Any(c => c.Text("type") == type && c.Text("status") == "True");

    private static bool Changed(FieldScope status, FieldScope before, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(status.Object[field], before.Object[field]))
                return true;
        }
        return false;
    }

    /// <summary>Upstream shows no value here: a list of conditions says little.</summary>
    private static void Refuse(FieldScope status, string why) => status.Causes.Add(new StatusCause("FieldValueInvalid", $"Invalid value: {why}", status.At("conditions")));
}
