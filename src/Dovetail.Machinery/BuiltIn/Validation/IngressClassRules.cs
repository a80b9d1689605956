using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>networking.k8s.io IngressClass (<c>pkg/apis/networking/validation</c>).</summary>
internal static class IngressClassRules
{
    private const int MaxController = 250;

    public static void Check(FieldScope @class, JsonObject? old)
    {
        var spec = @class.Part("spec");
        if (old is not null)
            spec.Unchanged("controller", old.Child("spec")?["controller"]);
        if (spec.Text("controller").Length > MaxController)
            spec.TooLong("controller", MaxController);
        CheckDomainPrefixedPath(spec, "controller");
        if (spec.Child("parameters") is { } parameters)
            CheckParameters(parameters);
    }

    private static void CheckDomainPrefixedPath(FieldScope spec, string field)
    {
        var value = spec.Text(field);
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (value.Length == 0)
            spec.Required(field);
        else if (slash <= 0 || slash == value.Length - 1)
            spec.Invalid(field, value, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        else
        {
            if (Names.DnsSubdomain(value[..slash]) is { } wrongDomain)
                spec.Invalid(field, value[..slash], wrongDomain);
            if (NameForms.HttpPath(value[(slash + 1)..]) is { } wrongPath)
                spec.Invalid(field, value[(slash + 1)..], wrongPath);
        }
    }

    private static void CheckParameters(FieldScope parameters)
    {
        if (parameters.Has("apiGroup"))
            parameters.Name("apiGroup", Names.DnsSubdomain);
        parameters.RequiredName("kind", Names.PathSegment);
        parameters.RequiredName("name", Names.PathSegment);
        if (!parameters.Has("scope"))
        {
            parameters.Required("scope");
            return;
        }
        if (!parameters.OneOf("scope", "Cluster", "Namespace"))
            return;
        var (scoped, named) = (parameters.Text("scope") == "Namespace", parameters.Has("namespace"));
        if (scoped && !named)
            parameters.Required("namespace", "`parameters.scope` is set to 'Namespace'");
        else if (scoped)
            parameters.Name("namespace", Names.DnsLabel);
        else if (named)
            parameters.Forbidden("namespace", "`parameters.scope` is set to 'Cluster'");
    }
}
