using System.Globalization;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>The resourceVersion that a write names in its object's metadata.</summary>
internal static class RevisionRules
{
    /// <exception cref="StatusException">500, as upstream: it is no number.</exception>
    public static long Parse(string resourceVersion)
    {
        if (long.TryParse(resourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)) return revision;
        throw new StatusException(new ApiStatus { Code = 500, Reason = "", Message = $"strconv.ParseUint: parsing \"{resourceVersion}\": invalid syntax" });
    }

    /// <summary>A write that names none is right whatever the stored object's is; custom resources and some built-in kinds must name one.</summary>
    public static long? Unnamed(WriteContext write)
    {
        if (!write.Resource.Custom && write.Resource.BuiltIn is not { NeedsRevision: true }) return null;
        throw Refusals.Invalid(write.Resource.Group, write.Resource.Plural, write.Target.Name, [new StatusCause("FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion")]);
    }
}
