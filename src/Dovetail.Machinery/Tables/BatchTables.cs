using System.Globalization;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class BatchTables
{
    private static readonly string[] JobStates = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];

    public static TableDefinition Jobs { get; } = new(
        [
            TableColumn.ObjectName, new("Status", Description: "What the job has come to."), new("Completions", Description: "Pods that succeeded, of those that are wanted."),
            new("Duration", Description: "Time from the start to the end, or to now."), TableColumn.Age, .. WorkloadTables.ContainerColumns, TableColumn.Wide("Selector"),
        ],
        static (row, cells) => cells.Text(row.Name).Text(Status(row.Object)).Text(Completions(row.Object)).Text(Duration(row)).Text(row.Age)
            .Containers(row.Object.At("spec", "template")).Text(Cells.Or(Cells.Selector(row.Object.At("spec", "selector")), Cells.None)));

    public static TableDefinition CronJobs { get; } = new(
        [
            TableColumn.ObjectName, new("Schedule", Description: "When it runs, in cron's form."), new("Timezone", Description: "The zone that the schedule is in."),
            new("Suspend", "boolean", Description: "Whether it is held."), new("Active", "integer", Description: "Jobs that run."), new("Last Schedule", Description: "Time since the last start."),
            TableColumn.Age, .. WorkloadTables.ContainerColumns, TableColumn.Wide("Selector"),
        ],
        static (row, cells) =>
        {
            var last = row.Object.Has("status", "lastScheduleTime") ? HumanDuration.Since(row.Object.Text("status", "lastScheduleTime"), row.Now) : Cells.None;
            cells.Text(row.Name).Text(row.Object.Text("spec", "schedule")).Text(Cells.OrAbsent(row.Object, Cells.None, "spec", "timeZone")).Text(Cells.True(row.Object, "spec", "suspend"))
                .Number(row.Object.Count("status", "active")).Text(last).Text(row.Age).Containers(row.Object.At("spec", "jobTemplate", "spec", "template"))
                .Text(Cells.Or(Cells.Selector(row.Object.At("spec", "jobTemplate", "spec", "selector")), Cells.None));
        });

    private static string Status(CompactValue job)
    {
        if (IsTrue(job, "Complete")) return "Complete";
        if (IsTrue(job, "Failed")) return "Failed";
        if (job.Has("metadata", "deletionTimestamp")) return "Terminating";
        foreach (var state in JobStates)
            if (IsTrue(job, state)) return state;
        return "Running";
    }

    private static bool IsTrue(CompactValue job, string condition) => Cells.Condition(job, condition).Text("status") == "True";

    private static string Completions(CompactValue job)
    {
        var done = job.Number("status", "succeeded");
        if (job.Has("spec", "completions")) return string.Create(CultureInfo.InvariantCulture, $"{done}/{job.Number("spec", "completions")}");
        var parallel = job.Number("spec", "parallelism");
        return parallel > 1 ? string.Create(CultureInfo.InvariantCulture, $"{done}/1 of {parallel}") : string.Create(CultureInfo.InvariantCulture, $"{done}/1");
    }

    private static string Duration(TableRow row)
    {
        if (!Time(row.Object, "startTime", out var start)) return "";
        return HumanDuration.Format((Time(row.Object, "completionTime", out var end) ? end : row.Now) - start);
    }

    private static bool Time(CompactValue job, string field, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(job.Text("status", field), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
