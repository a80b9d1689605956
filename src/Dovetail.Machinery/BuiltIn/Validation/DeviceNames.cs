using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Names that only resource.k8s.io has (<c>pkg/apis/resource/validation</c>).</summary>
internal static class DeviceNames
{
    private const int MaxDomain = 63;
    private const int MaxId = 32;

    /// <summary>Pools are named after nodes, or by several such names with slashes.</summary>
    public static void CheckPool(FieldScope scope, string field)
    {
        var name = scope.Text(field);
        if (name.Length == 0)
        {
            scope.Required(field);
            return;
        }
        if (name.Length > Names.MaxSubdomain)
            scope.TooLong(field, Names.MaxSubdomain);
        foreach (var part in name.Split('/'))
        {
            if (Names.DnsSubdomain(part) is { } wrong)
                scope.Invalid(field, part, wrong);
        }
    }

    /// <summary>An attribute or a capacity: an identifier as C has them, of a domain or of the driver itself.</summary>
    public static void CheckQualified(FieldScope scope, string field, string name)
    {
        var parts = name.Split('/');
        if (parts.Length == 1)
            CheckIdentifier(scope, field, name);
        if (parts.Length != 2)
            return;
        if (parts[0].Length == 0)
            scope.Invalid(field, "", "the domain must not be empty");
        else
            CheckDomain(scope, field, parts[0]);
        if (parts[1].Length == 0)
            scope.Invalid(field, "", "the name must not be empty");
        else
            CheckIdentifier(scope, field, parts[1]);
    }

    private static void CheckDomain(FieldScope scope, string field, string domain)
    {
        if (domain.Length > MaxDomain)
            scope.TooLong(field, MaxDomain);
        if (Names.DnsSubdomain(domain.ToLowerInvariant()) is { } wrong)
            scope.Invalid(field, domain, wrong);
    }

    private static void CheckIdentifier(FieldScope scope, string field, string id)
    {
        if (id.Length > MaxId)
            scope.TooLong(field, MaxId);
        if (NameForms.CIdentifier(id) is { } wrong)
            scope.Invalid(field, id, wrong);
    }
}
