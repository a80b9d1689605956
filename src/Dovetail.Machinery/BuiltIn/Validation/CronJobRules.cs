using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>CronJobs and their schedules.</summary>
internal static class CronJobRules
{
    /// <summary>The longest name that still leaves room for what jobs and pods append.</summary>
    private const int LongestName = 52;

    private static readonly string[] Descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    private static readonly (int Min, int Max)[] Ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static void Check(FieldScope cron, JsonObject? old)
    {
        if (old is null)
            CheckName(cron);
        var spec = cron.Part("spec");
        CheckSchedule(spec);
        spec.NotNegative("startingDeadlineSeconds");
        spec.RequiredOneOf("concurrencyPolicy", "Allow", "Forbid", "Replace");
        if (spec.Child("jobTemplate")?.Child("spec") is { } job)
        {
            if (job.IsTrue("manualSelector"))
                job.NotSupported("manualSelector", true, "nil", "false");
            JobRules.CheckSpec(job);
        }
        spec.NotNegative("successfulJobsHistoryLimit");
        spec.NotNegative("failedJobsHistoryLimit");
    }

    private static void CheckName(FieldScope cron)
    {
        if ((cron.Object.Child("metadata")?.Text("name").Length ?? 0) > LongestName)
            cron.Invalid("metadata.name", cron.Object.Child("metadata")!.Text("name"), $"must be no more than {LongestName} characters");
    }

    private static void CheckSchedule(FieldScope spec)
    {
        var schedule = spec.Text("schedule");
        if (schedule.Length == 0)
            spec.Required("schedule");
        else if (schedule.Contains("TZ", StringComparison.Ordinal) && (schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal)))
            spec.Invalid("schedule", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        else if (Wrong(schedule) is { } wrong)
            spec.Invalid("schedule", wrong);
        if (!spec.Has("timeZone"))
            return;
        var zone = spec.Text("timeZone");
        if (zone.Length == 0)
            spec.Invalid("timeZone", "timeZone must be nil or non-empty string");
        else if (zone.Equals("local", StringComparison.OrdinalIgnoreCase))
            spec.Invalid("timeZone", "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            spec.Invalid("timeZone", $"unknown time zone {zone}");
    }

    /// <summary>What is wrong with a schedule in the words of the library that upstream parses it with (robfig/cron); null when nothing is.</summary>
    private static string? Wrong(string schedule)
    {
        if (schedule[0] == '@')
        {
            if (Descriptors.Contains(schedule))
                return null;
            return schedule.StartsWith("@every ", StringComparison.Ordinal) && schedule[7..].All(static c => char.IsAsciiDigit(c) || c is 'h' or 'm' or 's' or '.' or 'µ' or 'u' or 'n') && char.IsAsciiDigit(schedule[7..].FirstOrDefault('x'))
                ? null : schedule.StartsWith("@every ", StringComparison.Ordinal) ? $"failed to parse duration {schedule}: time: invalid duration \"{schedule[7..]}\"" : $"unrecognized descriptor: {schedule}";
        }
        var fields = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != Ranges.Length)
            return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]";
        for (var i = 0; i < fields.Length; i++)
        {
            foreach (var part in fields[i].Split(','))
            {
                if (WrongRange(part, Ranges[i], i switch { 3 => Months, 4 => Days, _ => [] }) is { } wrong)
                    return wrong;
            }
        }
        return null;
    }

    private static string? WrongRange(string text, (int Min, int Max) range, string[] names)
    {
        var (steps, extra) = (text.Split('/'), false);
        var ends = steps[0].Split('-');
        int from, to;
        if (ends[0] is "*" or "?")
            (from, to) = range;
        else
        {
            if (Parse(ends[0], range.Min, names) is not { } first)
                return Unparsable(ends[0]);
            (from, to) = (first, first);
            if (ends.Length == 2)
            {
                if (Parse(ends[1], range.Min, names) is not { } last)
                    return Unparsable(ends[1]);
                to = last;
            }
            else if (ends.Length > 2)
                return $"too many hyphens: {text}";
            extra = ends.Length == 1 && steps.Length == 2;
        }
        if (steps.Length > 2)
            return $"too many slashes: {text}";
        var step = 1;
        if (steps.Length == 2 && !int.TryParse(steps[1], out step))
            return Unparsable(steps[1]);
        if (extra)
            to = range.Max;
        if (from < range.Min)
            return $"beginning of range ({from}) below minimum ({range.Min}): {text}";
        if (to > range.Max)
            return $"end of range ({to}) above maximum ({range.Max}): {text}";
        if (from > to)
            return $"beginning of range ({from}) beyond end of range ({to}): {text}";
        return step == 0 ? $"step of range should be a positive number: {text}" : null;
    }

    private static int? Parse(string text, int min, string[] names)
    {
        var name = Array.IndexOf(names, text.ToLowerInvariant());
        return name >= 0 ? name + min : int.TryParse(text, out var number) && number >= 0 ? number : null;
    }

    private static string Unparsable(string text) =>
        int.TryParse(text, out var number) ? $"negative number ({number}) not allowed: {text}" : $"failed to parse int from {text}: strconv.Atoi: parsing {Schemas.FieldErrors.Quote(text)}: invalid syntax";
}
